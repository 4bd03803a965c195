package io.github.clickhousebackupagent.internal.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.exporter.internal.FailedExportException;
import io.opentelemetry.exporter.internal.http.HttpSender;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.ConnectException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** What a collector did not take is counted, so that somebody can be told. */
class WatchedExporterTest {

    private final Queue<CompletableResultCode> answers = new ArrayDeque<>();
    private final TraceCounts counts = new TraceCounts();
    private final WatchedExporter exporter =
            new WatchedExporter(
                    new SpanExporter() {
                        @Override
                        public CompletableResultCode export(Collection<SpanData> spans) {
                            return answers.remove();
                        }

                        @Override
                        public CompletableResultCode flush() {
                            return CompletableResultCode.ofSuccess();
                        }

                        @Override
                        public CompletableResultCode shutdown() {
                            return CompletableResultCode.ofSuccess();
                        }
                    },
                    URI.create("http://collector:4318"),
                    counts);

    @Test
    void whyItDoesNotIsTold() {
        HttpSender.Response refusal =
                new HttpSender.Response() {
                    @Override
                    public int statusCode() {
                        return 401;
                    }

                    @Override
                    public String statusMessage() {
                        return "";
                    }

                    @Override
                    public byte[] responseBody() {
                        return new byte[0];
                    }
                };
        assertThat(WatchedExporter.reason(FailedExportException.httpFailedWithResponse(refusal)))
                .isEqualTo("it answers 401");
        assertThat(
                        WatchedExporter.reason(
                                FailedExportException.httpFailedExceptionally(
                                        new ConnectException("Connection refused"))))
                .isEqualTo("Connection refused");
        assertThat(
                        WatchedExporter.reason(
                                FailedExportException.httpFailedExceptionally(
                                        new ClosedChannelException())))
                .isEqualTo("ClosedChannelException");
        assertThat(WatchedExporter.reason(null)).isEqualTo("it refuses them");
    }

    private static List<SpanData> spans(int count) {
        return Collections.nCopies(count, null);
    }

    @Test
    void whatIsTakenAndWhatIsLost() {
        CompletableResultCode late = new CompletableResultCode();
        answers.add(CompletableResultCode.ofSuccess());
        answers.add(CompletableResultCode.ofExceptionalFailure(new IllegalStateException("no")));
        answers.add(late);

        exporter.export(spans(2));
        exporter.export(spans(3));
        exporter.export(spans(4));

        assertThat(counts.sent()).isEqualTo(2);
        assertThat(counts.lost()).isEqualTo(3);
        late.fail();
        assertThat(counts.lost()).isEqualTo(7);
    }
}
