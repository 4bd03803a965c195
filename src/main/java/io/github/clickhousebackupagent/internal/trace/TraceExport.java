package io.github.clickhousebackupagent.internal.trace;

import io.github.clickhousebackupagent.config.KeyValues;
import io.github.clickhousebackupagent.config.TracesConfig;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.logging.log4j.LogManager;

/**
 * Sends spans to a collector, in the background. What it does not take waits in a queue with an
 * end, and is then lost.
 */
final class TraceExport implements OpenTelemetry {

    private static final org.apache.logging.log4j.Logger LOG =
            LogManager.getLogger(TraceExport.class);
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    /** A run may end with its process, and a killed process sends nothing. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration CALL = Duration.ofSeconds(10);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int MOST_WAITING = 4096;

    private final DerivedIds ids = new DerivedIds();
    private final SdkTracerProvider provider;
    private final ContextPropagators propagators =
            ContextPropagators.create(W3CTraceContextPropagator.getInstance());

    private CompletableResultCode flushed = CompletableResultCode.ofSuccess();

    /** Says the same as we do, once a minute. Kept, as nobody else does. */
    private final Logger exporterLog =
            Logger.getLogger("io.opentelemetry.exporter.internal.http.HttpExporter");

    TraceExport(TracesConfig config, TraceCounts counts) {
        exporterLog.setLevel(Level.OFF);
        String base = config.endpoint().toString().replaceFirst("/+$", "");
        OtlpHttpSpanExporterBuilder exporter =
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(base + "/v1/traces")
                        .setCompression("gzip")
                        .setConnectTimeout(CONNECT)
                        .setTimeout(CALL);
        if (config.headers() != null) {
            KeyValues.parse(config.headers().reveal()).forEach(exporter::addHeader);
        }
        this.provider =
                SdkTracerProvider.builder()
                        .setIdGenerator(ids)
                        .setResource(resource(config))
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(
                                                new WatchedExporter(
                                                        exporter.build(), URI.create(base), counts))
                                        .setScheduleDelay(DELAY)
                                        .setMaxQueueSize(MOST_WAITING)
                                        .setMeterProvider(new DroppedSpans(counts))
                                        .build())
                        .build();
    }

    private static Resource resource(TracesConfig config) {
        AttributesBuilder attributes = Attributes.builder();
        String version = TraceExport.class.getPackage().getImplementationVersion();
        if (version != null) {
            attributes.put(AttributeKey.stringKey("service.version"), version);
        }
        hostName().ifPresent(name -> attributes.put(AttributeKey.stringKey("host.name"), name));
        // What is said in the configuration counts, but for the name, which has a key of its own.
        KeyValues.parse(config.resourceAttributes()).forEach(attributes::put);
        attributes.put(AttributeKey.stringKey("service.name"), config.serviceName());
        return Resource.getDefault().merge(Resource.create(attributes.build()));
    }

    /** As the kernel has it: a run must not wait for a name server. */
    private static Optional<String> hostName() {
        try {
            return Optional.of(Files.readString(HOST_NAME).strip()).filter(n -> !n.isEmpty());
        } catch (IOException e) {
            LOG.debug("This system does not tell its name", e);
            return Optional.empty();
        }
    }

    DerivedIds ids() {
        return ids;
    }

    @Override
    public TracerProvider getTracerProvider() {
        return provider;
    }

    @Override
    public ContextPropagators getPropagators() {
        return propagators;
    }

    /** Sends what is finished. Does not wait for that. */
    synchronized void flush() {
        flushed = provider.forceFlush();
    }

    /** Sends what is finished, and ends. Does not wait for that. */
    synchronized CompletableFuture<Void> end() {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        // Of its own it would take what is being sent now for all that there is to be sent.
        flushed.whenComplete(() -> provider.shutdown().whenComplete(() -> ended.complete(null)));
        return ended.orTimeout(1, TimeUnit.MINUTES);
    }
}
