package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.control.Health;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.live.Hub;
import io.github.clickhousebackupagent.internal.metrics.ProcessMetrics;
import io.github.clickhousebackupagent.internal.metrics.Seen;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.Handover;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.Pauses;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import io.github.clickhousebackupagent.internal.trace.TraceExports;
import io.github.clickhousebackupagent.internal.waiting.CallbackAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.RuntimeCamelException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** An agent on camel-main, as the distribution runs it: in the background, or for one command. */
public final class Agent implements AutoCloseable {

    /**
     * How an agent is run.
     *
     * @param routes folder of the routes; null: those in the jar
     * @param withSchedules whether the schedules fire
     * @param listeners are told what happens in runs of a configuration
     * @param configFile the file of the configuration, whose edits are taken up while it runs;
     *     null: they are not
     */
    public record Options(
            Path routes,
            boolean withSchedules,
            Function<AgentConfig, List<RunListener>> listeners,
            Path configFile) {}

    private static final Logger LOG = LogManager.getLogger(Agent.class);
    private static final Logger TOLD = LogManager.getLogger(RunLog.AGENT);
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final int MOST_READERS = 100;
    private static final int MOST_READERS_FROM_ONE = 20;
    private static final Duration MOST_PATIENCE = Duration.ofSeconds(30);

    private final Options options;
    private final Clock clock;
    private final Duration pause;
    private final TraceExports exports;
    private final StateDirectory stateDirectory;
    private final String controlToken;
    private final List<Runnable> onStarted = new ArrayList<>();
    private final List<Runnable> onStopped = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closes = new AtomicBoolean();
    private final Thread stop = new Thread(this::close, "agent-stop");
    private final Edits.Seen looked;
    private final Seen seen;
    private final ProcessMetrics process = new ProcessMetrics();
    private final Hub hub;
    private volatile Generation current;
    private volatile Front front;
    private Edits edits;
    private volatile EditState editState;
    private volatile boolean started;

    /**
     * Prepares an agent; nothing runs yet. One with schedules has its state folder for itself from
     * here on.
     *
     * @throws ConfigException if the folder of routes has none, or the port cannot be had
     * @throws io.github.clickhousebackupagent.internal.run.AgentRunningException if it has
     *     schedules, and another agent with schedules has its state folder
     */
    public Agent(AgentConfig config, Options options, Clock clock) {
        this(config, options, clock, Edits.PAUSE);
    }

    /**
     * @param pause how often it is looked for edits
     */
    Agent(AgentConfig config, Options options, Clock clock, Duration pause) {
        this.hub =
                new Hub(
                        clock,
                        MOST_READERS,
                        MOST_READERS_FROM_ONE,
                        () -> current.config().targets().keySet(),
                        target ->
                                current.config().stateDirectory(target).resolve(Journal.FILE_NAME));
        this.options = toldBeside(options, hub.listener());
        this.pause = pause;
        this.clock = clock;
        this.seen = Seen.nothing(clock);
        this.exports = new TraceExports(clock, seen.traces());
        this.looked = Edits.look(options.configFile(), options.routes(), config);
        if (looked.unreadable() != null) {
            throw new ConfigException(looked.unreadable());
        }
        this.stateDirectory =
                options.withSchedules() ? StateDirectory.take(config.stateDirectory()) : null;
        try {
            if (stateDirectory != null) {
                // What an agent left that was killed: somebody else may listen there by now.
                AgentAddress.remove(config.stateDirectory());
                EditState.remove(config.stateDirectory());
            }
            this.front = listens(config) ? openWithTls(config) : null;
        } catch (RuntimeException e) {
            leaveStateDirectory();
            throw e;
        }
        this.controlToken = options.withSchedules() ? AgentAddress.newToken() : null;
        this.current = generation(config, looked.routes(), front, new Handover());
    }

    private static Options toldBeside(Options options, RunListener another) {
        Function<AgentConfig, List<RunListener>> listeners =
                config -> {
                    List<RunListener> all = new ArrayList<>(options.listeners().apply(config));
                    all.add(another);
                    return all;
                };
        return new Options(
                options.routes(), options.withSchedules(), listeners, options.configFile());
    }

    /**
     * Loads routes and checks them as an edit is checked: all of them, whatever the configuration
     * needs. Nothing runs.
     *
     * @param routes the folder; null: those in the jar
     * @throws RouteException if the routes cannot be used
     * @throws ConfigException if there are none
     */
    public static void check(AgentConfig config, Path routes, Clock clock) {
        RouteFiles files = routes == null ? null : RouteFiles.read(routes);
        Options options = new Options(routes, true, any -> List.of(), null);
        try (Front front = Front.open("127.0.0.1", 0);
                ProcessMetrics process = new ProcessMetrics()) {
            HttpConfig all = new HttpConfig(front.bind(), 0, HttpConfig.AUTO);
            Generation.Surroundings around =
                    new Generation.Surroundings(
                            options,
                            front,
                            AgentAddress.newToken(),
                            clock,
                            () -> null,
                            Seen.nothing(clock),
                            process,
                            any -> null);
            Generation generation = new Generation(config.with(all), files, around, new Handover());
            try {
                generation.load();
            } finally {
                generation.end();
            }
        }
    }

    private Generation generation(
            AgentConfig config, RouteFiles files, Front at, Handover handover) {
        return new Generation(
                config,
                files,
                new Generation.Surroundings(
                        options,
                        at,
                        controlToken,
                        clock,
                        () -> editState,
                        seen,
                        process,
                        exports::open),
                handover);
    }

    private static boolean withCallbacks(AgentConfig config) {
        return !config.http().callbackUrl().equals(HttpConfig.OFF);
    }

    private boolean listens(AgentConfig config) {
        return withCallbacks(config) || options.withSchedules();
    }

    /** Lets who wants to hear what happens listen there. */
    private void tellAt(Front at) {
        at.serve(EventStream.PATH, new EventStream(hub, () -> current.routes().httpApi()));
    }

    /** From here on callers find all that they may ask for. */
    private void serve(Front at) {
        if (at != null) {
            at.serving(new Health(() -> editState)::answer);
        }
    }

    private static Front open(AgentConfig config) {
        return Front.open(config.http().bind(), config.http().port());
    }

    private static Front openWithTls(AgentConfig config) {
        Front front = open(config);
        try {
            front.tls(config.http().tls()).take();
            return front;
        } catch (ConfigException e) {
            front.close();
            throw e;
        }
    }

    /**
     * Starts, and returns when all routes run.
     *
     * @throws RouteException if the routes cannot be used
     */
    public Agent start() {
        try {
            editState = new EditState(clock.instant(), 0, null);
            current.load().begin();
            if (options.withSchedules()) {
                tellAt(front);
                AgentAddress.at(URI.create(front.url()), controlToken).write(stateDirectory());
                tell(editState);
            }
            serve(front);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        started = true;
        Runtime.getRuntime().addShutdownHook(stop);
        warmUp();
        onStarted.forEach(Runnable::run);
        boolean follows = options.configFile() != null || options.routes() != null;
        if (options.withSchedules() && follows) {
            edits =
                    new Edits(
                            options.configFile(),
                            options.routes(),
                            pause,
                            () -> current.config(),
                            this::take);
            edits.start();
        }
        return this;
    }

    /**
     * Runs until the process is told to stop.
     *
     * @throws RouteException if the routes cannot be used
     * @throws InterruptedException if the thread is
     */
    public void run() throws InterruptedException {
        onStarted(this::askTargets);
        start();
        closed.await();
    }

    private Path stateDirectory() {
        return current.config().stateDirectory();
    }

    private void tell(EditState state) {
        editState = state;
        hub.edited();
        try {
            state.write(stateDirectory());
        } catch (UncheckedIOException e) {
            TOLD.error("What status is to show of edits is not written: {}", e.getMessage());
        }
    }

    /**
     * Takes up an edit, if what it makes can be used; else all goes on as it is.
     *
     * @return false if it is refused, or not all of it is in force: it is to be tried again
     */
    private boolean take(Edits.Seen edit) {
        if (closing.getCount() == 0) {
            return true;
        }
        try {
            if (edit.unreadable() != null) {
                throw new ConfigException(edit.unreadable());
            }
            AgentConfig config =
                    edit.config() == null ? current.config() : edits.config(edit.config());
            requireSame("state-directory", current.config(), config, AgentConfig::stateDirectory);
            requireSame("log-directory", current.config(), config, AgentConfig::logDirectory);
            if (Objects.equals(config.http().tls(), current.config().http().tls())) {
                front.tls(config.http().tls()).take(); // The files may hold something new.
            }
            if (config.equals(current.config()) && Objects.equals(edit.routes(), current.files())) {
                mended();
                return true;
            }
            return exchange(config, edit.routes(), edit);
        } catch (ConfigException | RouteException e) {
            refuse(e.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.error("An edit failed in a way that was not foreseen", e);
            refuse("routes: " + e);
            return false;
        }
    }

    private static void requireSame(
            String key, AgentConfig before, AgentConfig after, Function<AgentConfig, Path> folder) {
        if (!folder.apply(before).equals(folder.apply(after))) {
            throw new ConfigException(
                    "%s: found %s in place of %s, which journals and markers are in; allowed: another one after a restart of the agent"
                            .formatted(key, folder.apply(after), folder.apply(before)));
        }
    }

    private void mended() {
        if (editState.refused() != null) {
            TOLD.info("The files are again as what runs.");
            tell(new EditState(editState.inForceSince(), editState.taken(), null));
        }
    }

    private void refuse(String problems) {
        List<String> lines = problems.lines().toList();
        if (editState.refused() != null && editState.refused().problems().equals(lines)) {
            return; // It was tried again, and told before.
        }
        lines.forEach(
                line -> TOLD.error("An edit is not taken up, and all goes on as before: {}", line));
        tell(
                new EditState(
                        editState.inForceSince(),
                        editState.taken(),
                        new EditState.Refused(clock.instant(), lines)));
    }

    /**
     * Loads and checks beside what runs, then lets it take its place. Whatever goes wrong,
     * something runs afterwards, unless the agent stops.
     *
     * @return false if its TLS is not in force
     */
    private boolean exchange(AgentConfig config, RouteFiles files, Edits.Seen edit) {
        Generation old = current;
        boolean samePlace = placeOf(config).equals(placeOf(old.config()));
        Front next = samePlace ? front : open(config);
        Handover handover = new Handover();
        Generation fresh = generation(config, files, next, handover);
        Front.TlsChange tls = null;
        try {
            fresh.load();
            tls = next.tls(config.http().tls(), front);
        } catch (RuntimeException e) {
            leave(fresh, next, tls);
            throw e;
        }
        if (!awaitStop(old, edit)) {
            leave(fresh, next, tls);
            return true; // The agent itself is stopped, or the files are others by now.
        }
        Generation last = old;
        Handover.Left left = Handover.Left.NOTHING;
        try {
            if (next != front) {
                next.exchanging();
            }
            front.exchanging();
            old.routes().handsOver();
            old.end();
            left = old.routes().left();
            handover.accept(left);
            if (closing.getCount() == 0) {
                leave(fresh, next, tls);
                return true; // It would begin runs only to stop them again.
            }
            last = fresh;
            fresh.begin();
        } catch (RuntimeException | Error e) {
            // What it has begun goes on, and what it has done is not done again.
            reopen(old, leave(fresh, next, tls, last, left));
            throw e;
        }
        current = fresh;
        if (next != front) {
            tellAt(next);
            serve(next);
            try {
                AgentAddress.at(URI.create(next.url()), controlToken).write(stateDirectory());
            } catch (UncheckedIOException e) {
                TOLD.error("Commands do not find the agent: {}", e.getMessage());
            }
            front.close();
            front = next;
        }
        serve(front);
        if (!config.http().equals(old.config().http())) {
            hub.sendAway(); // Who may listen is another question now.
        }
        EditState.Refused withoutTls = null;
        try {
            tls.take();
        } catch (ConfigException e) {
            TOLD.error(
                    "TLS is not as the configuration says, and is tried again: {}", e.getMessage());
            withoutTls = new EditState.Refused(clock.instant(), e.getMessage().lines().toList());
        }
        abandon(old.config(), fresh);
        List<String> names = files == null ? List.of() : files.changedSince(old.files());
        TOLD.info(
                "An edit is in force{}: {} target(s), {} schedule(s), {} run(s) go on",
                names.isEmpty() ? "" : " (" + String.join(", ", names) + ")",
                config.targets().size(),
                config.schedules().size(),
                left.runs().size());
        tell(new EditState(clock.instant(), editState.taken() + 1, withoutTls));
        return withoutTls == null;
    }

    /**
     * What is in force goes on, with the certificate that it shows, whatever became of the files.
     */
    private void leave(Generation fresh, Front next, Front.TlsChange tls) {
        try {
            fresh.end();
        } finally {
            if (tls != null) {
                tls.drop();
            }
            if (next != front) {
                next.close();
            }
        }
    }

    /**
     * The same where the routes from before have ended already.
     *
     * @param last which routes ran last
     * @param before what is known to have been left
     * @return what was left by those that ran last
     */
    private Handover.Left leave(
            Generation fresh,
            Front next,
            Front.TlsChange tls,
            Generation last,
            Handover.Left before) {
        try {
            if (last == fresh) {
                awaitStop(fresh, null);
                fresh.routes().handsOver();
            }
            leave(fresh, next, tls);
            return last.routes().left();
        } catch (RuntimeException e) {
            // What it does not tell stands in the journals; backups must be made all the same.
            LOG.error("An edit is not left as it should be", e);
            return before;
        }
    }

    /** Ends what did not start, and returns what it left. */
    private Handover.Left end(Generation failed, Handover.Left before) {
        try {
            awaitStop(failed, null);
            failed.routes().handsOver();
            failed.end();
            return failed.routes().left();
        } catch (RuntimeException e) {
            LOG.error("Routes that do not start do not end as they should", e);
            return before;
        }
    }

    private static List<Object> placeOf(AgentConfig config) {
        return List.of(config.http().bind(), config.http().port());
    }

    /**
     * Waits until no run is in the middle of what cannot go on.
     *
     * @param edit what is to be taken up then; null: nothing
     * @return false if the agent stops, or the files are no longer what is to be taken up
     */
    private boolean awaitStop(Generation old, Edits.Seen edit) {
        boolean told = false;
        try {
            while (!old.routes().runs().stopForEdit()) {
                if (!told) {
                    TOLD.info("An edit is fine, and waits for the end of a deletion.");
                    told = true;
                }
                if (closing.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                        || edit != null && !edits.isStill(edit)) {
                    return false;
                }
            }
            return closing.getCount() > 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Goes on as before the edit. It did run, so it is tried until it does again. */
    private void reopen(Generation old, Handover.Left before) {
        Handover.Left left = before;
        Duration pause = PATIENCE;
        while (closing.getCount() > 0) {
            Handover handover = new Handover();
            handover.accept(left);
            Generation again = null;
            try {
                again = generation(old.config(), old.files(), front, handover);
                again.load().begin();
                current = again;
                serve(front);
                return;
            } catch (RuntimeException e) {
                front.failing();
                left = again == null ? left : end(again, left);
                TOLD.fatal(
                        "No backups are made: the routes from before the edit do not start again, and are tried in {} s: {}",
                        pause.toSeconds(),
                        e.getMessage());
            }
            try {
                closing.await(pause.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(MOST_PATIENCE) < 0 ? longer : MOST_PATIENCE;
        }
    }

    /** Ends what is left at targets that the configuration no longer has. */
    private static void abandon(AgentConfig before, Generation now) {
        for (String target : before.targets().keySet()) {
            if (!now.config().targets().containsKey(target)) {
                try {
                    try {
                        now.routes().runs().abandon(target);
                    } finally {
                        // Tells of the target also where its journal cannot be read.
                        now.routes().schedules().abandon(target);
                    }
                } catch (JournalException | UncheckedIOException e) {
                    TOLD.error(
                            "{}: what was left unfinished is not ended: {}",
                            target,
                            e.getMessage());
                }
            }
        }
        now.routes().schedules().tellWithdrawn();
    }

    /** Has the first call of this process made before a run, which would take longer by it. */
    private void warmUp() {
        if (!withCallbacks(current.config()) || context().getRoute("warm-up") == null) {
            return;
        }
        try {
            template().requestBody("direct:warm-up", front.url() + "/callback/0");
        } catch (CamelExecutionException e) {
            LOG.warn(
                    "The address for callbacks cannot be called: {}",
                    Causes.telling(e).getMessage());
        }
    }

    /**
     * Asks each target who it is, beside everything else: one that is down is told now, not at its
     * first run.
     */
    private void askTargets() {
        for (String target : current.config().targets().keySet()) {
            CompletableFuture.runAsync(() -> ask(target));
        }
    }

    private void ask(String target) {
        try {
            version(target);
        } catch (IOException | RuntimeException e) {
            if (context().isStopping() || context().isStopped()) {
                return; // It is the agent that cannot ask any more.
            }
            TOLD.warn(
                    "{} at {} does not answer as it should, and is tried again at each run: {}",
                    target,
                    current.config().targets().get(target).url(),
                    e.getMessage());
        }
    }

    /** Has something done once all routes run. To be called before the start. */
    public void onStarted(Runnable action) {
        onStarted.add(action);
    }

    /** Has something done once all routes have stopped. To be called before the start. */
    public void onStopped(Runnable action) {
        onStopped.add(action);
    }

    /** Returns where a target is told to call back, without the token; empty if it is not to. */
    public Optional<String> callbackAddress(String target) {
        AgentConfig config = current.config();
        return new CallbackAddress(config.http(), front == null ? 0 : front.port())
                .towards(config.targets().get(target).url());
    }

    /** Returns where it is reached from this machine; empty if it does not listen. */
    public Optional<String> url() {
        return Optional.ofNullable(front).map(Front::url);
    }

    /** Returns the context that the routes are in. */
    public CamelContext context() {
        return current.context();
    }

    /** Returns the steps of runs, and with them the journals. */
    public Runs runs() {
        return current.routes().runs();
    }

    /** Does what was ordered, after what waits for the target already, and returns the outcome. */
    public RunResult run(RunRequest request) {
        return template().requestBody("direct:request-run", request, RunResult.class);
    }

    /** Makes a backup now, after what waits for the target already, and returns the outcome. */
    public RunResult run(String target, BackupKind kind) {
        return run(RunRequest.byHand(target, kind));
    }

    /**
     * Keeps a target, or one of its schedules, from asking for runs.
     *
     * @throws CamelExecutionException if it cannot be written down
     */
    public Pauses.Change pause(PauseRequest request) {
        return template().requestBody("direct:pause", request, Pauses.Change.class);
    }

    /**
     * Lets a target, or one of its schedules, ask for runs again.
     *
     * @throws CamelExecutionException if it cannot be written down
     */
    public Pauses.Change resume(PauseRequest request) {
        return template().requestBody("direct:resume", request, Pauses.Change.class);
    }

    /**
     * What a target says of itself.
     *
     * @param version of the server
     * @param local backups on its disk
     * @param remote backups on its remote storage
     */
    public record Answer(String version, List<BackupItem> local, List<BackupItem> remote) {}

    /**
     * Asks a target who it is and what it holds.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Answer check(String target) throws IOException {
        return answer(target, lists("direct:check-target", target));
    }

    /**
     * Asks a target which backups it has, and who it is, as that tells how to read the times.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Answer list(String target) throws IOException {
        return answer(target, lists(target));
    }

    private Answer answer(String target, Lists lists) throws IOException {
        return new Answer(version(target), lists.local(), lists.remote());
    }

    /**
     * What a target holds.
     *
     * @param local backups on its disk
     * @param remote backups on its remote storage
     */
    public record Lists(List<BackupItem> local, List<BackupItem> remote) {}

    /**
     * Asks a target what it holds.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Lists lists(String target) throws IOException {
        return lists("direct:list-both", target);
    }

    @SuppressWarnings("unchecked")
    private Lists lists(String route, String target) throws IOException {
        Exchange lists = ask(route, target, Map.of());
        return new Lists(
                lists.getProperty("local", List.class), lists.getProperty("remote", List.class));
    }

    /**
     * Asks a target what a deletion would do.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public DeletionPlan plan(String target, DeletionWish wish) throws IOException {
        Lists lists = lists(target);
        return current.routes().deletions().plan(target, wish, lists.local(), lists.remote());
    }

    /**
     * Asks a target what a restore would do.
     *
     * @throws io.github.clickhousebackupagent.internal.run.RefusedException if the backup is
     *     nowhere whole
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public RestorePlan plan(String target, RestoreOrder order) throws IOException {
        return ask("direct:plan-restore", target, Map.of("order", order))
                .getMessage()
                .getBody(RestorePlan.class);
    }

    /**
     * Asks a target what it works on.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    @SuppressWarnings("unchecked")
    public List<ActionRow> activity(String target) throws IOException {
        return ask("direct:get-activity", target, Map.of()).getMessage().getBody(List.class);
    }

    /**
     * Tells a target to kill what it works on. Newer servers answer when that is at its end.
     *
     * @param command as the server lists it
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public void kill(String target, String command) throws IOException {
        ask("direct:kill-command", target, Map.of("command", command));
    }

    private String version(String target) throws IOException {
        try {
            return ask("direct:get-version", target, Map.of()).getMessage().getBody(String.class);
        } catch (ApiException e) {
            if (e.kind() == ApiException.Kind.UNKNOWN_CALL) {
                return "before 2.5.9";
            }
            throw e;
        }
    }

    private Exchange ask(String route, String target, Map<String, Object> more) throws IOException {
        Exchange exchange =
                template()
                        .request(
                                route,
                                asked -> {
                                    asked.setProperty("target", target);
                                    more.forEach(asked::setProperty);
                                });
        Exception failure = Causes.telling(exchange.getException());
        if (failure instanceof IOException io) {
            throw io;
        }
        if (failure != null) {
            throw RuntimeCamelException.wrapRuntimeException(failure);
        }
        return exchange;
    }

    @Override
    public void close() {
        if (!closes.compareAndSet(false, true)) {
            awaitClosed();
            return;
        }
        long began = System.nanoTime();
        closing.countDown();
        stopTaking();
        if (edits != null) {
            edits.close();
            stopTaking(); // An edit that moved to another port opened that meanwhile.
        }
        hub.close();
        if (front != null) {
            front.awaitArrivals();
        }
        current.end();
        sendTraces(began);
        if (front != null) {
            front.close();
        }
        if (options.withSchedules()) {
            AgentAddress.remove(stateDirectory());
            EditState.remove(stateDirectory());
        }
        leaveStateDirectory();
        process.close();
        try {
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (IllegalStateException e) {
            LOG.debug("The process ends, and the hook is what called.");
        }
        if (started) {
            onStopped.forEach(Runnable::run);
        }
        closed.countDown();
    }

    /** Who calls from here on is told that it is over, and not that there is nothing. */
    private void stopTaking() {
        Front at = front;
        if (at != null) {
            at.stopping();
        }
    }

    /** Traces have what is left of the limit for a stop, and not more than a part of it. */
    private void sendTraces(long began) {
        Duration limit = current.config().limits().stop();
        Duration left = limit.minusNanos(System.nanoTime() - began);
        Duration part = limit.dividedBy(4);
        exports.awaitSent(left.compareTo(part) < 0 ? left : part);
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leaveStateDirectory() {
        if (stateDirectory != null) {
            stateDirectory.close();
        }
    }

    /** Returns where it listens; null: nowhere. */
    Front front() {
        return front;
    }

    /** Returns what this process has seen. */
    Seen seen() {
        return seen;
    }

    /** Returns what tells those who listen what happens. */
    Hub hub() {
        return hub;
    }

    /** Returns what runs now. */
    Generation generation() {
        return current;
    }

    private ProducerTemplate template() {
        return current.template();
    }
}
