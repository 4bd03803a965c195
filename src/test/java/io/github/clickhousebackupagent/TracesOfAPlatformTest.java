package io.github.clickhousebackupagent;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.trace.Collector;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The traces of an agent are where those of its platform are. */
@Timeout(60)
class TracesOfAPlatformTest {

    @TempDir Path directory;

    private final List<SpanData> spans = new CopyOnWriteArrayList<>();

    private final SpanExporter kept =
            new SpanExporter() {
                @Override
                public CompletableResultCode export(Collection<SpanData> some) {
                    spans.addAll(some);
                    return CompletableResultCode.ofSuccess();
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

    private AgentConfig config(SimulatedServer server, String more) {
        String yaml =
                """
                targets: { node: { url: "%s" } }
                log-directory: "%s"
                state-directory: "%s"
                %s
                """
                        .formatted(
                                server.uri(),
                                directory.resolve("log"),
                                directory.resolve("state"),
                                more);
        return new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                .parse("application", yaml);
    }

    @Test
    void itsOwnOpenTelemetryGetsThem() throws Exception {
        try (OpenTelemetrySdk platforms =
                        OpenTelemetrySdk.builder()
                                .setTracerProvider(
                                        SdkTracerProvider.builder()
                                                .addSpanProcessor(SimpleSpanProcessor.create(kept))
                                                .build())
                                .setPropagators(
                                        ContextPropagators.create(
                                                W3CTraceContextPropagator.getInstance()))
                                .build();
                SimulatedServer server = SimulatedServer.builder().start();
                DefaultCamelContext context = new DefaultCamelContext()) {
            context.getRegistry().bind("openTelemetry", platforms);
            BackupAgent agent = BackupAgent.builder(config(server, "")).build();
            context.addRoutes(agent);
            context.start();

            RunEvent full = agent.backup("node", BackupKind.FULL);

            assertThat(full.outcome()).isEqualTo("success");
            SpanData root =
                    spans.stream()
                            .filter(span -> span.getName().equals("backup full"))
                            .findFirst()
                            .orElseThrow();
            assertThat(root.getParentSpanContext().isValid()).isFalse();
            assertThat(spans)
                    .filteredOn(span -> span.getParentSpanId().equals(root.getSpanId()))
                    .extracting(SpanData::getName)
                    .containsExactly("choose-base", "create", "upload", "prove", "move-marker");
            assertThat(spans).extracting(SpanData::getTraceId).containsOnly(root.getTraceId());
        }
    }

    @Test
    void withoutOneTheConfigurationSaysWhereTheyGo() throws Exception {
        try (Collector collector = Collector.start();
                SimulatedServer server = SimulatedServer.builder().start()) {
            try (DefaultCamelContext context = new DefaultCamelContext()) {
                BackupAgent agent =
                        BackupAgent.builder(
                                        config(
                                                server,
                                                "traces: { endpoint: '%s' }"
                                                        .formatted(collector.url())))
                                .build();
                context.addRoutes(agent);
                context.start();
                agent.backup("node", BackupKind.FULL);
            }
            assertThat(collector.roots())
                    .extracting(Collector.Seen::name)
                    .containsExactly("backup full");
        }
    }
}
