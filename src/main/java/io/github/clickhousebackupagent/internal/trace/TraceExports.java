package io.github.clickhousebackupagent.internal.trace;

import io.github.clickhousebackupagent.config.TracesConfig;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The ways to collectors of one agent: one for the routes before an edit, one for those after it.
 * What was finished before it is still sent the old way, in the background. Thread-safe.
 */
public final class TraceExports {

    private static final Logger TOLD = LogManager.getLogger(RunLog.AGENT);

    private final Clock clock;
    private final TraceCounts counts;
    private final List<CompletableFuture<Void>> ending = new ArrayList<>();

    /**
     * @param clock for the times in spans
     * @param counts what becomes of spans is counted there
     */
    public TraceExports(Clock clock, TraceCounts counts) {
        this.clock = clock;
        this.counts = counts;
    }

    /**
     * Returns what makes traces as is configured; null where none are wanted: then no class of
     * OpenTelemetry is loaded. What sends them is made with the first span: most commands have
     * none.
     */
    public Traces open(TracesConfig config) {
        return config.endpoint() == null ? null : new RunTraces(new Way(config), clock);
    }

    /**
     * Returns what makes traces by the OpenTelemetry of a platform, which sends them.
     *
     * @param openTelemetry an {@code io.opentelemetry.api.OpenTelemetry}
     */
    public static Traces ofPlatform(Object openTelemetry, Clock clock) {
        Telemetry.Tools tools =
                new Telemetry.Tools((OpenTelemetry) openTelemetry, Naming.OF_PLATFORM);
        return new RunTraces(
                new Telemetry() {
                    @Override
                    public Tools tools() {
                        return tools;
                    }

                    @Override
                    public void flush() {
                        // It sends when it likes.
                    }

                    @Override
                    public void close() {
                        // It is the platform's.
                    }
                },
                clock);
    }

    /**
     * Waits until all is sent of what was closed.
     *
     * @param limit for how long, which may be negative; what is not sent by then is lost
     */
    public void awaitSent(Duration limit) {
        CompletableFuture<?>[] all;
        synchronized (this) {
            all = ending.toArray(CompletableFuture[]::new);
        }
        try {
            CompletableFuture.allOf(all).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            TOLD.warn("The last traces are lost: they were not taken in time");
        } catch (ExecutionException e) {
            TOLD.warn("Traces are lost", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void end(TraceExport export) {
        ending.removeIf(CompletableFuture::isDone);
        ending.add(export.end());
    }

    /** The way of one generation of routes. */
    private final class Way implements Telemetry {
        private final TracesConfig config;
        private TraceExport export;
        private Tools tools;
        private boolean closed;

        Way(TracesConfig config) {
            this.config = config;
        }

        @Override
        public synchronized Tools tools() {
            if (tools == null) {
                export = new TraceExport(config, counts);
                tools = new Tools(export, export.ids());
                if (closed) {
                    end(export);
                }
            }
            return tools;
        }

        @Override
        public synchronized void flush() {
            if (export != null) {
                export.flush();
            }
        }

        @Override
        public synchronized void close() {
            if (!closed && export != null) {
                end(export);
            }
            closed = true;
        }
    }
}
