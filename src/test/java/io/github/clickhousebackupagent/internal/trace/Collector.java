package io.github.clickhousebackupagent.internal.trace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/** Takes OTLP over HTTP on loopback, as a collector does, and keeps what it gets. */
public final class Collector implements AutoCloseable {

    /**
     * A span as it came.
     *
     * @param parent empty: it is the root
     * @param error what its status says; null: no error
     */
    public record Seen(
            String trace,
            String id,
            String parent,
            String name,
            Map<String, String> attributes,
            Map<String, String> resource,
            List<String> events,
            String error,
            Instant start,
            Instant end,
            boolean client) {

        public boolean isRoot() {
            return parent.isEmpty();
        }

        public Duration took() {
            return Duration.between(start, end);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch patience;
    private final List<Seen> spans = new CopyOnWriteArrayList<>();
    private final List<Map<String, List<String>>> headers = new CopyOnWriteArrayList<>();
    private final List<String> everything = new CopyOnWriteArrayList<>();

    private Collector(int port, boolean hangs) {
        patience = new CountDownLatch(hangs ? 1 : 0);
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/traces", this::take);
        server.setExecutor(threads);
        server.start();
    }

    public static Collector start() {
        return new Collector(0, false);
    }

    /** Starts one at a port that is free. */
    public static Collector at(int port) {
        return new Collector(port, false);
    }

    /** Starts one that takes a call and does not answer. */
    public static Collector hanging() {
        return new Collector(0, true);
    }

    private void take(HttpExchange call) throws IOException {
        try (call) {
            byte[] body = call.getRequestBody().readAllBytes();
            headers.add(call.getRequestHeaders());
            patience.await();
            boolean zipped = "gzip".equals(call.getRequestHeaders().getFirst("Content-Encoding"));
            try (InputStream in =
                    zipped
                            ? new GZIPInputStream(new ByteArrayInputStream(body))
                            : new ByteArrayInputStream(body)) {
                read(ExportTraceServiceRequest.parseFrom(in));
            }
            call.sendResponseHeaders(200, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(ExportTraceServiceRequest request) {
        everything.add(request.toString());
        for (ResourceSpans resource : request.getResourceSpansList()) {
            Map<String, String> of = map(resource.getResource().getAttributesList());
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                scope.getSpansList().forEach(span -> spans.add(seen(span, of)));
            }
        }
    }

    private static Seen seen(Span span, Map<String, String> resource) {
        HexFormat hex = HexFormat.of();
        List<String> events = new ArrayList<>();
        span.getEventsList()
                .forEach(
                        event ->
                                events.add(
                                        event.getName()
                                                + map(event.getAttributesList())
                                                        .getOrDefault("message", "")
                                                        .transform(
                                                                text ->
                                                                        text.isEmpty()
                                                                                ? ""
                                                                                : ": " + text)));
        boolean failed = span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
        return new Seen(
                hex.formatHex(span.getTraceId().toByteArray()),
                hex.formatHex(span.getSpanId().toByteArray()),
                hex.formatHex(span.getParentSpanId().toByteArray()),
                span.getName(),
                map(span.getAttributesList()),
                resource,
                events,
                failed ? span.getStatus().getMessage() : null,
                instant(span.getStartTimeUnixNano()),
                instant(span.getEndTimeUnixNano()),
                span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT);
    }

    private static Instant instant(long nanos) {
        return Instant.EPOCH.plusNanos(nanos);
    }

    private static Map<String, String> map(List<KeyValue> attributes) {
        Map<String, String> map = new LinkedHashMap<>();
        attributes.forEach(each -> map.put(each.getKey(), text(each.getValue())));
        return map;
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case INT_VALUE -> Long.toString(value.getIntValue());
            case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
            default -> value.getStringValue();
        };
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Returns YAML by which an agent on a port of its own sends its traces here. */
    public String yaml() {
        return "http: { port: 0 }%ntraces: { endpoint: '%s' }%n".formatted(url());
    }

    public List<Seen> spans() {
        return List.copyOf(spans);
    }

    public List<Seen> roots() {
        return spans.stream().filter(Seen::isRoot).toList();
    }

    public List<Seen> named(String name) {
        return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    /** Returns what is right below a span, in the order of time. */
    public List<Seen> below(Seen parent) {
        return spans.stream()
                .filter(span -> span.parent().equals(parent.id()))
                .sorted(java.util.Comparator.comparing(Seen::start))
                .toList();
    }

    /** Returns the headers of the calls. */
    public List<Map<String, List<String>>> headers() {
        return List.copyOf(headers);
    }

    /** Returns all that came, as text. */
    public String everything() {
        return String.join("\n", everything);
    }

    @Override
    public void close() {
        patience.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
