package io.github.clickhousebackupagent.internal.trace;

import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Makes a trace of each run: the run is its root, stages are below it, calls below the stages.
 * Spans of a run that is suspended are forgotten, not ended: whoever goes on with it begins the
 * same ones again, as long as their ids follow from the run.
 */
final class RunTraces implements Traces {

    private static final String SCOPE = "clickhouse-backup-agent";
    private static final String OURS = "clickhouse_backup_agent.";
    private static final Pattern SECRET = Pattern.compile("(?<![^&])(callback|user|pass)=[^&]*");
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final int LOWEST_ERROR = 400;

    private final Telemetry telemetry;
    private final Clock clock;
    private final Map<String, Live> lives = new ConcurrentHashMap<>();

    /** What is open of a run. */
    private static final class Live {
        private final Span root;
        private final Context context;
        private Span stage;
        private Context below;
        private String part = "";

        Live(Span root) {
            this.root = root;
            this.context = Context.root().with(root);
            this.below = context;
        }

        /**
         * Ends the stage that is open, if one is.
         *
         * @param error what kind of error it ended with; null: none
         * @param reason the same for people; null: nothing is said
         */
        private void endStage(Instant at, String error, String reason) {
            if (stage != null) {
                if (error != null) {
                    failed(stage, error, reason);
                }
                stage.end(at);
                stage = null;
            }
        }
    }

    RunTraces(Telemetry telemetry, Clock clock) {
        this.telemetry = telemetry;
        this.clock = clock;
    }

    @Override
    public void begun(Run run) {
        open(run);
    }

    @Override
    public void resumed(Run run) {
        Live live = open(run);
        live.root.setAttribute(OURS + "resumed", true);
        at(run);
    }

    private Live open(Run run) {
        Span root = root(run.target(), run.id(), run.kind(), run.startedAt());
        if (run.schedule() != null) {
            root.setAttribute(OURS + "schedule", run.schedule());
        }
        Live live = new Live(root);
        lives.put(run.id(), live);
        return live;
    }

    private Span root(String target, String run, RunKind kind, Instant start) {
        Span root =
                telemetry
                        .tools()
                        .naming()
                        .named(
                                Ids.of(target, run),
                                () ->
                                        tracer().spanBuilder(name(kind))
                                                .setNoParent()
                                                .setStartTimestamp(start)
                                                .startSpan());
        about(root, target, run);
        return root;
    }

    private Tracer tracer() {
        return telemetry.tools().openTelemetry().getTracer(SCOPE);
    }

    private static String name(RunKind kind) {
        if (kind == null) {
            return "run"; // Of a newer agent.
        }
        return kind.makesBackup() ? "backup " + kind.word() : kind.word();
    }

    private static void about(Span span, String target, String run) {
        span.setAttribute(OURS + "target", target);
        span.setAttribute(OURS + "run", run);
    }

    @Override
    public void entered(Run run) {
        at(run);
    }

    /** Returns what is open of a run, in the stage that it is in; null where nothing is. */
    private Live at(Run run) {
        Live live = lives.get(run.id());
        if (live == null) {
            return null;
        }
        synchronized (live) {
            String part = part(run);
            if (part != null && !part.equals(live.part)) {
                live.endStage(run.stageStartedAt(), null, null);
                live.part = part;
                live.stage = part.isEmpty() ? null : stage(run, part, live.context);
                live.below = part.isEmpty() ? live.context : live.context.with(live.stage);
            }
        }
        return live;
    }

    /**
     * Returns what tells a stage from the others of its run, also in another process: a backup may
     * be made anew, and a deletion has a stage for each copy.
     *
     * @return empty before the first stage; null where the last one is just over
     */
    private static String part(Run run) {
        return switch (run.stage()) {
            case BEGIN, END -> "";
            case DELETE -> deletion(run);
            default -> run.stage().word() + (run.startedOver() ? " anew" : "");
        };
    }

    /** Of a run that was cut off, only the operation still tells which copy it was at. */
    private static String deletion(Run run) {
        if (run.operation() != null && run.operation().command() != null) {
            return run.operation().command();
        }
        boolean over = run.left() != null && run.left().isEmpty();
        return over ? null : "delete %s %s".formatted(run.deletesFrom(), run.backup());
    }

    private Span stage(Run run, String part, Context parent) {
        Span stage =
                telemetry
                        .tools()
                        .naming()
                        .named(
                                Ids.of(run.target(), run.id(), part),
                                () ->
                                        tracer().spanBuilder(run.stage().word())
                                                .setParent(parent)
                                                .setStartTimestamp(run.stageStartedAt())
                                                .startSpan());
        about(stage, run.target(), run.id());
        if (run.backup() != null) {
            stage.setAttribute(OURS + "backup", run.backup());
        }
        return stage;
    }

    @Override
    public void suspended(Run run, String reason, boolean atOnce) {
        Live live = lives.remove(run.id());
        if (live == null || telemetry.tools().naming().lasts()) {
            return;
        }
        // Nobody can begin these again: what goes on is another trace, with the same run.
        Instant now = clock.instant();
        synchronized (live) {
            live.endStage(now, null, null);
            live.root.addEvent("suspended", text(reason), now);
            live.root.setAttribute(OURS + "suspended", true);
            live.root.end(now);
        }
    }

    @Override
    public void noted(Run run, String what) {
        event(run, "note", what);
    }

    @Override
    public void warned(Run run, String warning) {
        event(run, "warning", warning);
    }

    @Override
    public void operationStarted(Run run) {
        Live live = event(run, "operation started", null);
        if (live != null && run.operation() != null && run.operation().id() != null) {
            Span.fromContext(live.below).setAttribute(OURS + "operation", run.operation().id());
        }
    }

    private Live event(Run run, String name, String text) {
        Live live = at(run);
        if (live != null) {
            Span.fromContext(live.below).addEvent(name, text(text), clock.instant());
        }
        return live;
    }

    private static Attributes text(String text) {
        return text == null
                ? Attributes.empty()
                : Attributes.builder().put("message", text).build();
    }

    @Override
    public void ending(Run run) {
        if (lives.containsKey(run.id())) {
            at(run);
        } else if (run.resumed()) {
            resumed(run);
        } else {
            open(run);
        }
    }

    @Override
    public void ended(RunResult result) {
        Live live = lives.remove(result.run());
        Span root =
                live == null
                        ? root(result.target(), result.run(), result.kind(), result.startedAt())
                        : live.root;
        String error = error(result);
        if (live != null) {
            synchronized (live) {
                live.endStage(result.finishedAt(), error, result.reason());
            }
        }
        // By now it may be a FULL in place of a DIFF.
        root.updateName(name(result.kind()));
        set(root, "kind", result.kind() == null ? null : result.kind().word());
        set(root, "schedule", result.schedule());
        set(root, "backup", result.backup());
        set(root, "base", result.base());
        set(root, "outcome", result.outcome().word());
        if (result.outcome() != Outcome.SUCCESS) {
            set(root, "stage", result.stage().word());
        }
        set(root, "summary", result.summary());
        if (result.size() != null) {
            root.setAttribute(OURS + "size", result.size());
        }
        if (result.chainLength() != null) {
            root.setAttribute(OURS + "chain_length", result.chainLength());
        }
        if (error != null) {
            failed(root, error, result.reason());
        } else if (result.outcome() == Outcome.SKIPPED) {
            set(root, "reason", result.reason());
        }
        root.end(result.finishedAt());
    }

    /**
     * Returns what kind of error a run ended with; null: none, or none that anybody has to mend.
     */
    private static String error(RunResult result) {
        return switch (result.outcome()) {
            case SUCCESS, SKIPPED -> null;
            case FAILED ->
                    result.failure() == null ? result.outcome().word() : result.failure().word();
            case MISSED, INTERRUPTED -> result.outcome().word();
        };
    }

    private static void failed(Span span, String error, String reason) {
        span.setAttribute("error.type", error);
        span.setStatus(StatusCode.ERROR, reason == null ? "" : reason);
    }

    private static void set(Span span, String key, String value) {
        if (value != null) {
            span.setAttribute(OURS + key, value);
        }
    }

    @Override
    public Call calling(Run run, String method, URI url, String query, boolean database) {
        Live live = at(run);
        if (live == null) {
            return new Untold();
        }
        String template = template(run, url.getPath());
        SpanBuilder builder =
                tracer().spanBuilder(template.isEmpty() ? method : method + " " + template)
                        .setParent(live.below)
                        .setSpanKind(SpanKind.CLIENT)
                        .setStartTimestamp(clock.instant())
                        .setAttribute("http.request.method", method)
                        .setAttribute("url.full", full(url, query));
        if (!template.isEmpty()) {
            builder.setAttribute("url.template", template);
        }
        if (url.getHost() != null) {
            boolean tls = "https".equals(url.getScheme());
            int known = tls ? HTTPS_PORT : HTTP_PORT;
            builder.setAttribute("server.address", url.getHost());
            builder.setAttribute("server.port", url.getPort() < 0 ? known : url.getPort());
        }
        if (database) {
            builder.setAttribute("db.system.name", "clickhouse");
        }
        Span span = builder.startSpan();
        about(span, run.target(), run.id());
        return new Told(span, run.callbackToken());
    }

    /** Returns the path without what differs from backup to backup. */
    private static String template(Run run, String path) {
        String plain = path == null || path.equals("/") ? "" : path;
        return run.backup() != null && plain.endsWith("/" + run.backup())
                ? plain.substring(0, plain.length() - run.backup().length()) + "{backup}"
                : plain;
    }

    /**
     * Returns an address without the part that whoever knows it could call back by, and without
     * credentials, which servers take in a query, too.
     */
    private static String full(URI url, String query) {
        return query == null || query.isEmpty()
                ? url.toString()
                : url + "?" + SECRET.matcher(query).replaceAll("$1=REDACTED");
    }

    /** A call of a run that has a trace. */
    private final class Told implements Call {
        private final Span span;
        private final String secret;

        Told(Span span, String secret) {
            this.span = span;
            this.secret = secret;
        }

        @Override
        public Map<String, String> headers() {
            return inject(Context.root().with(span));
        }

        @Override
        public void ended(int status, Exception failure) {
            if (status > 0) {
                span.setAttribute("http.response.status_code", (long) status);
            }
            if (failure != null) {
                Exception telling = Causes.telling(failure);
                String said = telling.getMessage() == null ? "" : telling.getMessage();
                failed(
                        span,
                        telling.getClass().getName(),
                        secret == null ? said : said.replace(secret, "REDACTED"));
            } else if (status >= LOWEST_ERROR) {
                failed(span, Integer.toString(status), null);
            }
            span.end(clock.instant());
        }
    }

    /** A call of a run that has none. */
    private static final class Untold implements Call {
        @Override
        public Map<String, String> headers() {
            return Map.of();
        }

        @Override
        public void ended(int status, Exception failure) {
            // Nobody is told.
        }
    }

    private Map<String, String> inject(Context context) {
        Map<String, String> headers = new LinkedHashMap<>();
        telemetry
                .tools()
                .openTelemetry()
                .getPropagators()
                .getTextMapPropagator()
                .inject(context, headers, (carrier, key, value) -> carrier.put(key, value));
        return headers;
    }

    @Override
    public Map<String, String> headers(String target, String run) {
        Live live = lives.get(run);
        if (live != null) {
            return inject(live.context);
        }
        if (!telemetry.tools().naming().lasts()) {
            return Map.of();
        }
        // It is over, which its last hooks are told.
        Ids ids = Ids.of(target, run);
        SpanContext root =
                SpanContext.create(
                        ids.trace(), ids.span(), TraceFlags.getSampled(), TraceState.getDefault());
        return inject(Context.root().with(Span.wrap(root)));
    }

    @Override
    public void prepare() {
        telemetry.tools();
    }

    @Override
    public void stopping() {
        telemetry.flush();
    }

    @Override
    public void close() {
        telemetry.close();
    }
}
