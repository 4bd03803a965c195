package io.github.clickhousebackupagent.internal.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import org.junit.jupiter.api.Test;

/** What there was no room for is counted: else a trace with holes passes for a whole one. */
class DroppedSpansTest {

    private static final int WAIT = 2;
    private static final int SPANS = 50;

    @Test
    void whatTheQueueHasNoRoomForIsLostAndWhatIsSentIsNot() {
        TraceCounts counts = new TraceCounts();
        CompletableResultCode answer = new CompletableResultCode();
        SdkTracerProvider provider =
                SdkTracerProvider.builder()
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(answering(answer))
                                        .setMaxQueueSize(WAIT)
                                        .setMaxExportBatchSize(1)
                                        .setScheduleDelay(Duration.ofMillis(1))
                                        .setMeterProvider(new DroppedSpans(counts))
                                        .build())
                        .build();
        Tracer tracer = provider.get("test");

        for (int i = 0; i < SPANS; i++) {
            tracer.spanBuilder("call").startSpan().end();
        }

        // One may be on its way, and one in a batch.
        assertThat(counts.lost()).isBetween((long) SPANS - WAIT - 2, (long) SPANS - WAIT);
        long lost = counts.lost();
        answer.succeed();
        CompletableResultCode over = provider.shutdown();
        await().atMost(Duration.ofSeconds(20)).until(over::isDone);
        assertThat(counts.lost()).isEqualTo(lost);
    }

    private static SpanExporter answering(CompletableResultCode answer) {
        return new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> spans) {
                return answer;
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return CompletableResultCode.ofSuccess();
            }
        };
    }
}
