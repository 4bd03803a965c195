package io.github.clickhousebackupagent.internal.trace;

import io.opentelemetry.api.OpenTelemetry;

/** Where spans go. */
interface Telemetry extends AutoCloseable {

    /**
     * What makes them.
     *
     * @param openTelemetry makes spans
     * @param naming chooses their ids
     */
    record Tools(OpenTelemetry openTelemetry, Naming naming) {}

    /** Returns what makes them; at the first call it may have to be made itself. */
    Tools tools();

    /** Has what is finished sent at once, and does not wait for that. */
    void flush();

    /** No more are made. */
    @Override
    void close();
}
