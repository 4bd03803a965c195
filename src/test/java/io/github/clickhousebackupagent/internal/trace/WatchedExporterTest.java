package io.github.clickhousebackupagent.internal.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
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
