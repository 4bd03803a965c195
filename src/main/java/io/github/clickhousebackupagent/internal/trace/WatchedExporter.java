package io.github.clickhousebackupagent.internal.trace;

import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.opentelemetry.exporter.internal.FailedExportException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.util.Collection;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Tells once that a collector takes nothing, and once that it does again. Thread-safe. */
final class WatchedExporter implements SpanExporter {

    private static final Logger LOG = LogManager.getLogger(WatchedExporter.class);
    private static final Logger TOLD = LogManager.getLogger(RunLog.AGENT);

    private final SpanExporter exporter;
    private final URI collector;
    private final TraceCounts counts;
    private boolean failing;
    private long lost;

    /**
     * @param collector as it is told
     * @param counts what becomes of spans is counted there
     */
    WatchedExporter(SpanExporter exporter, URI collector, TraceCounts counts) {
        this.exporter = exporter;
        this.collector = collector;
        this.counts = counts;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int count = spans.size();
        CompletableResultCode result = exporter.export(spans);
        result.whenComplete(
                () -> {
                    if (result.isSuccess()) {
                        taken(count);
                    } else {
                        refused(count, result.getFailureThrowable());
                    }
                });
        return result;
    }

    private synchronized void taken(int count) {
        counts.sent(count);
        if (failing) {
            TOLD.info("Traces are taken again by {}; {} span(s) are lost", collector, lost);
        }
        failing = false;
        lost = 0;
    }

    private synchronized void refused(int count, Throwable why) {
        lost += count;
        counts.lost(count);
        if (!failing) {
            TOLD.warn(
                    "Traces are not taken by {}, and are lost until they are; runs go on: {}",
                    collector,
                    reason(why));
        }
        failing = true;
    }

    /** Returns what a person is told of it. */
    static String reason(Throwable why) {
        try {
            if (why instanceof FailedExportException.HttpExportException http
                    && http.getResponse() != null) {
                return "it answers " + http.getResponse().statusCode();
            }
        } catch (LinkageError e) {
            LOG.debug("The exporter of this platform is another", e);
        }
        Exception last = why instanceof Exception failure ? Causes.telling(failure) : null;
        if (last == null || last.getClass().getName().startsWith("io.opentelemetry.")) {
            return "it refuses them";
        }
        String said = last.getMessage();
        return said == null ? last.getClass().getSimpleName() : said;
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
