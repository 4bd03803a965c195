package io.github.clickhousebackupagent.internal.trace;

import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import java.net.URI;
import java.util.Map;

/**
 * Makes traces of what it is told. Never throws because of a collector, and never waits for one but
 * where that is said. Thread-safe.
 */
public interface Traces extends RunListener, AutoCloseable {

    /** A call that goes on. */
    interface Call {

        /**
         * Returns the headers to send with it, by which the other side can go on with the trace.
         */
        Map<String, String> headers();

        /**
         * It is over.
         *
         * @param status HTTP status; 0: there was none
         * @param failure why there was none; null where there was one
         */
        void ended(int status, Exception failure);
    }

    /**
     * A call is about to be made for a run.
     *
     * @param url where to, without a query
     * @param query as it goes out; null or empty: none
     * @param database whether it goes to ClickHouse, not to the API
     */
    Call calling(Run run, String method, URI url, String query, boolean database);

    /**
     * Returns the headers by which somebody who is told of a run can go on with its trace; empty
     * where there is none.
     */
    Map<String, String> headers(String target, String run);

    /**
     * Makes what sends spans, which is else made with the first one.
     *
     * @throws IllegalStateException if there is nothing that sends
     * @throws LinkageError if a library is missing that it needs
     */
    void prepare();

    /** The agent stops: what is finished is sent at once, in the background. */
    void stopping();

    /** Makes no more spans. What is finished is sent in the background. */
    @Override
    void close();
}
