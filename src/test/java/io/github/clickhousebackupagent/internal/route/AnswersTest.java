package io.github.clickhousebackupagent.internal.route;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.Gate;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each row of docs/reference/answers.md happens as it stands there. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class AnswersTest {

    private static final Path PAGE = Path.of("docs/reference/answers.md");
    private static final String ORDER = "an order";
    private static final String QUESTION = "a question";
    private static final String BY_HAND = "the first question, by hand";
    private static final String BY_SCHEDULE = "the first question, by a schedule";
    private static final String BOTH = "create, upload";
    private static final String PROOF = "the remote list, for the proof";
    private static final String DIFF = "the remote list, for a DIFF";
    private static final String ACTIONS = "/backup/actions";
    private static final String REASON = "{\"error\":\"the reason\"}";
    private static final String SIGN_IN = "{\"message\":\"sign in\"}";
    private static final String HTML = "<html>Sign in</html>";

    /** More calls than any run makes. */
    private static final int LASTING = 10_000;

    /** What a restart of a server may take on a machine that is busy. */
    private static final String PATIENT =
            "busy: 20s, outage: 20s, silence: 500ms, settle: 100ms, proof: 100ms, stop: 5s";

    @TempDir Path directory;

    /** A run against a server of which something is wrong. */
    private interface Scenario {
        RunResult play(Scene scene) throws Exception;
    }

    // Each key is the first two columns of a row. A row may have several scenarios.
    private static final Map<String, List<Scenario>> SCENARIOS =
            Map.ofEntries(
                    row(
                            "`423`, and an operation is in progress",
                            ORDER,
                            locked("create"),
                            locked("upload")),
                    row(
                            "`423`, and only a list is in progress, or nothing",
                            ORDER,
                            answered("/backup/create", 423, busy()),
                            answered("/backup/upload", 423, busy()),
                            locked("create", "list remote", 423)),
                    row("`423`", QUESTION, answered(ACTIONS, 423, busy())),
                    row("`401`", QUESTION, answered(ACTIONS, 401, "401 Unauthorized\n")),
                    row("`401`", ORDER, orders(401, "401 Unauthorized\n")),
                    row(
                            "`404` or `405`, as of a server that is too old for the call",
                            QUESTION,
                            answered(ACTIONS, 404, REASON),
                            answered(ACTIONS, 405, REASON)),
                    row(
                            "`404` or `405`, as of a server that is too old for the call",
                            ORDER,
                            answered("/backup/create", 404, REASON),
                            answered("/backup/upload", 405, REASON)),
                    row("any other 4xx", QUESTION, answered(ACTIONS, 400, REASON)),
                    row("any other 4xx", ORDER, orders(400, REASON)),
                    row("`500`", QUESTION, answered(ACTIONS, 500, REASON)),
                    row("`500`", ORDER, orders(500, REASON)),
                    row(
                            "`502`, `503`, `504`",
                            QUESTION,
                            answered(ACTIONS, 502, REASON),
                            answered(ACTIONS, 503, REASON),
                            answered(ACTIONS, 504, REASON)),
                    row(
                            "`502`, `503`, `504`",
                            ORDER,
                            answered("/backup/create", 502, REASON),
                            answered("/backup/upload", 503, REASON),
                            answered("/backup/create", 504, REASON)),
                    row("a redirect (3xx)", QUESTION, answered(ACTIONS, 302, "")),
                    row("a redirect (3xx)", ORDER, orders(302, "")),
                    row(
                            "connection refused",
                            "any call in the middle of a run",
                            AnswersTest::refusedInTheMiddle),
                    row(
                            "connection refused",
                            BY_HAND,
                            scene -> {
                                scene.server.kill();
                                return scene.full();
                            }),
                    row("connection refused", BY_SCHEDULE, AnswersTest::refusedToASchedule),
                    row("unknown host", BY_HAND, elsewhere("http://no-such-host.invalid", false)),
                    row(
                            "unknown host",
                            BY_SCHEDULE,
                            elsewhere("http://no-such-host.invalid", true)),
                    row("no connection within `limits.call`", BY_HAND, unconnected(false)),
                    row("no connection within `limits.call`", BY_SCHEDULE, unconnected(true)),
                    row(
                            "no answer within `limits.call` (a list: `limits.list`)",
                            QUESTION,
                            scene -> late(scene, ACTIONS, Duration.ofSeconds(30))),
                    row(
                            "no answer within `limits.call` (a list: `limits.list`)",
                            ORDER,
                            scene -> lateOrder(scene, "/backup/create"),
                            scene -> lateOrder(scene, "/backup/upload")),
                    row(
                            "connection closed without an answer",
                            QUESTION,
                            faulty((scene, times) -> scene.closeConnection(ACTIONS, times))),
                    row(
                            "connection closed without an answer",
                            ORDER,
                            faulty(
                                    (scene, times) ->
                                            scene.closeConnection("/backup/create", times)),
                            faulty(
                                    (scene, times) ->
                                            scene.closeConnection("/backup/upload", times))),
                    row(
                            "half an answer",
                            QUESTION,
                            faulty((scene, times) -> scene.halfAnswer(ACTIONS, times))),
                    row(
                            "half an answer",
                            "an order that the server took on",
                            tookOn("/backup/create"),
                            tookOn("/backup/upload")),
                    row(
                            "`200` with an empty body",
                            "a question for operations",
                            forgetful("create"),
                            forgetful("upload")),
                    row("`200` with an empty body", ORDER, orders(200, "")),
                    row(
                            "`200` with a page (HTML), as of a proxy that asks to sign in",
                            QUESTION,
                            answered(ACTIONS, 200, HTML)),
                    row(
                            "`200` with a page (HTML), as of a proxy that asks to sign in",
                            ORDER,
                            orders(200, HTML)),
                    row(
                            "`200` with JSON of another kind",
                            QUESTION,
                            answered(ACTIONS, 200, SIGN_IN)),
                    row("`200` with JSON of another kind", ORDER, orders(200, SIGN_IN)),
                    row(
                            "the acknowledgement of another name, or of something else",
                            ORDER,
                            answered("/backup/create", 201, acknowledged("create")),
                            answered("/backup/upload", 200, acknowledged("upload"))),
                    // Of an operation.
                    row("`success`", BOTH, Scene::full),
                    row("`error`", "create", ending("create", Ending.error("no space left"))),
                    row("`error`", "upload", ending("upload", Ending.error("no space left"))),
                    row("`cancel`", BOTH, endings(Ending.cancel())),
                    row("an unknown status", BOTH, endings(Ending.status("paused"))),
                    row(
                            "`in progress` for longer than `limits.create` or `limits.upload`,"
                                    + " with `when-exceeded: fail`",
                            BOTH,
                            endless("create", "fail"),
                            endless("upload", "fail")),
                    row(
                            "`in progress` for too long, with `when-exceeded: kill`",
                            BOTH,
                            endless("create", "kill"),
                            endless("upload", "kill")),
                    row(
                            "`in progress` for too long, with `when-exceeded: kill-and-retry`",
                            BOTH,
                            endless("create", "kill-and-retry"),
                            endless("upload", "kill-and-retry")),
                    row(
                            "no row: the server was restarted, and goes on with the upload by"
                                    + " itself, in a row without an id",
                            "upload",
                            scene -> scene.restartedIn(Stage.UPLOAD).full()),
                    row(
                            "no row: the server was restarted, and the row that it goes on with"
                                    + " ends with `error`, as on 2.4 for a DIFF",
                            "upload",
                            AnswersTest::resumedInVain),
                    row(
                            "no row, and the list has the backup, whole",
                            BOTH,
                            ending("create", Ending.vanish()),
                            ending("upload", Ending.vanish())),
                    row(
                            "no row, and the list has nothing of it, or what is broken",
                            "upload",
                            vanished(Damage.ABSENT),
                            vanished(Damage.BROKEN)),
                    row(
                            "no row, and the list has nothing of it, or what is `broken` or"
                                    + " `old-format`",
                            "create",
                            scene -> scene.restartedIn(Stage.CREATE).full()),
                    // In a list.
                    row(
                            "the backup is `broken`",
                            PROOF,
                            listed(run -> item(run.backup(), "", "broken (can't stat)", 0))),
                    row(
                            "the backup is not there, or nothing is",
                            PROOF,
                            listed(run -> item("OTHER", "", "tar, regular", 9)),
                            listed(run -> "")),
                    row(
                            "the backup has no size",
                            PROOF,
                            listed(run -> item(run.backup(), "", "tar, regular", 0))),
                    row(
                            "the backup is on another base",
                            PROOF,
                            listed(run -> item(run.backup(), "OTHER", "tar, regular", 9))),
                    row(
                            "the base is `broken`, or gone",
                            PROOF,
                            scene -> {
                                scene.whenFull();
                                scene.list(
                                        run ->
                                                item(
                                                        run.backup(),
                                                        run.base().name(),
                                                        "tar, regular",
                                                        9));
                                return scene.diff();
                            }),
                    row(
                            "backups of others are `broken` or `old-format`",
                            "any list",
                            AnswersTest::besideOthers),
                    row("the base is `broken`", DIFF, AnswersTest::onABrokenBase),
                    row(
                            "the base is on the server's disk, but `broken` or `old-format` there",
                            "the local list, for a DIFF",
                            localBase("broken metadata.json not found"),
                            localBase("old-format")),
                    row("nothing, although the marker names a backup", DIFF, emptyList("")),
                    row(
                            "nothing, although the marker names a backup, with `when-no-base:"
                                    + " fail`",
                            DIFF,
                            emptyList("backup: { when-no-base: fail }")),
                    row(
                            "others, but not the backup that the marker names",
                            DIFF,
                            AnswersTest::onTheNewestOfOurs),
                    row(
                            "times of another zone, or of a clock that is days off",
                            "any list, any operation",
                            AnswersTest::withAnotherClock));

    /** A cell that says how a run ends. */
    private record Ends(int exitCode, String reason) {

        private static final Pattern FAILED = Pattern.compile("failed \\((\\d)\\): `(.+)`");

        static Ends of(String cell) {
            if (cell.equals("success")) {
                return new Ends(0, null);
            }
            Matcher failed = FAILED.matcher(cell);
            assertThat(failed.matches()).as("it says how it ends: %s", cell).isTrue();
            return new Ends(Integer.parseInt(failed.group(1)), failed.group(2));
        }
    }

    static Stream<Arguments> cases() throws IOException {
        List<Arguments> cases = new ArrayList<>();
        rows().forEach(
                        (key, cells) -> {
                            List<Scenario> scenarios = SCENARIOS.getOrDefault(key, List.of());
                            // What a server says of its work differs; what a proxy says does not.
                            List<ServerVersion> versions =
                                    cells.get(1).startsWith(QUESTION) || cells.get(1).equals(ORDER)
                                            ? List.of(ServerVersion.V2_8)
                                            : List.of(ServerVersion.values());
                            for (int i = 0; i < scenarios.size(); i++) {
                                for (ServerVersion version : versions) {
                                    for (boolean lasting : new boolean[] {false, true}) {
                                        String ends = cells.get(lasting ? 4 : 3);
                                        if (!ends.equals("-")) {
                                            cases.add(Arguments.of(key, i, version, lasting, ends));
                                        }
                                    }
                                }
                            }
                        });
        return cases.stream();
    }

    @Test
    void eachRowIsPlayedAndNothingElse() throws Exception {
        assertThat(SCENARIOS.keySet()).containsExactlyInAnyOrderElementsOf(rows().keySet());
    }

    @ParameterizedTest(name = "{0} #{1}, {2}, for long: {3}")
    @MethodSource("cases")
    void theRunEndsAsThePageSays(
            String key, int scenario, ServerVersion version, boolean lasting, String ends)
            throws Exception {
        Ends expected = Ends.of(ends);
        try (Scene scene = new Scene(directory, version, lasting)) {
            RunResult result = SCENARIOS.get(key).get(scenario).play(scene);

            assertThat(exitCode(result)).as("%s: %s", key, result).isEqualTo(expected.exitCode());
            if (expected.reason() != null) {
                assertThat(result.reason()).contains(expected.reason());
                assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            }
            scene.assertThatTheMarkerTellsOf(result);
            scene.assertThatNothingWasDoneTwice();
        }
    }

    /** The number as the commands have it; 0 for a success. */
    private static int exitCode(RunResult result) {
        if (result.outcome() == Outcome.SUCCESS) {
            return 0;
        }
        return switch (result.failure()) {
            case OPERATION -> 1;
            case UNREACHABLE -> 4;
            case BUSY -> 5;
            case NOT_PROVEN -> 6;
            case REFUSED -> 8;
        };
    }

    /** Returns the cells of each row of the page by its first two. */
    private static Map<String, List<String>> rows() throws IOException {
        Map<String, List<String>> rows = new LinkedHashMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| ") && !line.startsWith("| what comes back |")) {
                List<String> cells =
                        List.of(line.substring(2, line.length() - 2).strip().split(" \\| "));
                assertThat(cells).as(line).hasSize(5);
                List<String> before = rows.put(key(cells.get(0), cells.get(1)), cells);
                assertThat(before).as("twice: %s", line).isNull();
            }
        }
        assertThat(rows).isNotEmpty();
        return rows;
    }

    private static String key(String answer, String to) {
        return answer + " | " + to;
    }

    private static Map.Entry<String, List<Scenario>> row(
            String answer, String to, Scenario... scenarios) {
        return entry(key(answer, to), List.of(scenarios));
    }

    private static Scenario faulty(BiConsumer<SimulatedFaults, Integer> fault) {
        return scene -> {
            fault.accept(scene, scene.times());
            return scene.full();
        };
    }

    private static Scenario answered(String path, int status, String body) {
        return scene -> {
            scene.answer(path, scene.times(), status, body);
            return scene.full();
        };
    }

    private static Scenario[] orders(int status, String body) {
        return new Scenario[] {
            answered("/backup/create", status, body), answered("/backup/upload", status, body)
        };
    }

    private static String busy() {
        return "{\"error\":\"another operation is currently running\"}";
    }

    private static String acknowledged(String operation) {
        return "{\"status\":\"acknowledged\",\"operation\":\"%s\",\"backup_name\":\"OTHER\"}"
                .formatted(operation);
    }

    private static String item(String name, String required, String description, long size) {
        return item("remote", name, required, description, size);
    }

    private static String item(
            String location, String name, String required, String description, long size) {
        return """
                {"name":"%s","created":"2026-01-01 00:00:00","size":%d,"location":"%s",\
                "required":"%s","desc":"%s"}
                """
                .formatted(name, size, location, required, description);
    }

    /** Somebody's restore holds the server before an operation of ours. */
    private static Scenario locked(String operation) {
        return scene -> {
            List<Gate> locks = new CopyOnWriteArrayList<>();
            Runnable lock = () -> locks.add(scene.server.faults().lock("restore FOREIGN"));
            if (operation.equals("create")) {
                lock.run();
            } else {
                scene.succeeded =
                        run -> {
                            if (run.stage() == Stage.CREATE) {
                                lock.run();
                            }
                        };
            }
            scene.warned =
                    warning -> {
                        if (!scene.lasting && warning.contains("restore FOREIGN; it waits")) {
                            locks.forEach(Gate::open);
                        }
                    };
            return scene.full();
        };
    }

    /** A list that hangs, for which the server refuses all else. */
    private static Scenario locked(String operation, String list, int status) {
        return scene -> {
            Gate hangs = scene.server.faults().lock(list);
            scene.answer("/backup/" + operation, scene.times(), status, busy());
            scene.warned = warning -> hangs.open();
            return scene.full();
        };
    }

    private static RunResult refusedInTheMiddle(Scene scene) {
        scene.limits = scene.lasting ? SandboxAgent.SHORT_LIMITS : PATIENT;
        scene.succeeded =
                run -> {
                    if (run.stage() == Stage.CREATE) {
                        scene.server.kill();
                    }
                };
        scene.backAfterTheFirstWarning();
        return scene.full();
    }

    private static RunResult refusedToASchedule(Scene scene) {
        scene.limits = scene.lasting ? SandboxAgent.SHORT_LIMITS : PATIENT;
        scene.server.kill();
        scene.backAfterTheFirstWarning();
        return scene.scheduled();
    }

    private static Scenario elsewhere(String url, boolean bySchedule) {
        return scene -> {
            scene.url = url;
            return bySchedule ? scene.scheduled() : scene.full();
        };
    }

    /** A socket that listens, and has as many connections waiting as it may have. */
    private static Scenario unconnected(boolean bySchedule) {
        return scene -> {
            List<Socket> waiting = new ArrayList<>();
            InetAddress loopback = InetAddress.getByName("127.0.0.1");
            try (ServerSocket full = new ServerSocket(0, 1, loopback)) {
                boolean taken = true;
                while (taken) {
                    Socket socket = new Socket();
                    waiting.add(socket);
                    taken = connects(socket, full.getLocalPort());
                }
                scene.limits = "call: 200ms, " + SandboxAgent.SHORT_LIMITS;
                return elsewhere("http://127.0.0.1:" + full.getLocalPort(), bySchedule).play(scene);
            } finally {
                for (Socket socket : waiting) {
                    socket.close();
                }
            }
        };
    }

    private static boolean connects(Socket socket, int port) {
        try {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 300);
            return true;
        } catch (IOException e) {
            return false; // As it is to be from here on.
        }
    }

    private static RunResult late(Scene scene, String path, Duration latency) {
        scene.limits =
                "call: 300ms, "
                        + (scene.lasting
                                ? SandboxAgent.SHORT_LIMITS
                                : "outage: 20s, silence: 500ms, settle: 3s, proof: 100ms");
        scene.server.faults().latency(path, latency);
        scene.warned =
                warning -> {
                    if (!scene.lasting) {
                        scene.server.faults().latency(path, Duration.ZERO);
                    }
                };
        return scene.full();
    }

    /** The server takes the order on after the agent has ceased to wait for the answer. */
    private static RunResult lateOrder(Scene scene, String path) {
        RunResult result =
                late(scene, path, scene.lasting ? Duration.ofSeconds(30) : Duration.ofMillis(600));
        if (!scene.lasting) {
            assertThat(Calls.posts(scene.server)).hasSize(2);
        }
        return result;
    }

    private static Scenario tookOn(String path) {
        return scene -> {
            scene.halfAnswer(path, scene.times());
            RunResult result = scene.full();
            assertThat(Calls.posts(scene.server)).hasSize(2);
            return result;
        };
    }

    private static Scenario forgetful(String operation) {
        return scene -> {
            scene.started =
                    run -> {
                        if (run.operation().verb().equals(operation)) {
                            scene.answer(ACTIONS, scene.times(), 200, "");
                        }
                    };
            RunResult result = scene.full();
            assertThat(Calls.posts(scene.server)).hasSize(2);
            return result;
        };
    }

    private static Scenario ending(String operation, Ending ending) {
        return scene -> {
            scene.retry = "{ create: 1, upload: 1, pause: 100ms, longest-pause: 100ms }";
            scene.next(operation, ending);
            RunResult result = scene.full();
            if (ending instanceof Ending.Vanished) {
                assertThat(Calls.posts(scene.server)).hasSize(2);
            }
            return result;
        };
    }

    private static Scenario[] endings(Ending ending) {
        return new Scenario[] {ending("create", ending), ending("upload", ending)};
    }

    private static Scenario endless(String operation, String whenExceeded) {
        return scene -> {
            scene.retry = "{ create: 1, upload: 1, pause: 100ms, longest-pause: 100ms }";
            scene.limits =
                    "%s: 500ms, when-exceeded: %s, %s"
                            .formatted(operation, whenExceeded, SandboxAgent.SHORT_LIMITS);
            scene.next(operation, Ending.never());
            return scene.full();
        };
    }

    private static RunResult resumedInVain(Scene scene) {
        scene.whenFull();
        // The first is cut off by the restart, the second is what the server goes on with.
        scene.server.faults().next("upload", Ending.never());
        scene.server
                .faults()
                .next("upload", Ending.error("open \"F1\"/metadata.json: no such file"));
        RunResult diff = scene.restartedIn(Stage.UPLOAD).diff();
        assertThat(scene.server.operations())
                .extracting(RecordedOperation::status)
                .endsWith("killed", "error", "success");
        return diff;
    }

    private static Scenario vanished(Damage damage) {
        return scene -> {
            scene.next("upload", Ending.vanish());
            scene.limits =
                    "upload: %s, %s"
                            .formatted(scene.lasting ? "1s" : "30s", SandboxAgent.SHORT_LIMITS);
            scene.warned =
                    warning -> {
                        if (warning.contains("the server no longer knows of the upload")) {
                            String backup = scene.server.remote().get(0).name();
                            scene.server.damage(backup, damage);
                            scene.lost.add(backup);
                        }
                    };
            return scene.full();
        };
    }

    private static Scenario listed(Function<Run, String> list) {
        return scene -> {
            scene.list(list);
            return scene.full();
        };
    }

    private static RunResult besideOthers(Scene scene) {
        scene.whenFull();
        String others =
                item("OTHER_1", "", "broken (can't stat metadata.json)", 0)
                        + item("OTHER_2", "", "old-format", 0)
                        + item("OTHER_3", "OTHER_1", "tar, regular", 9);
        String ours = item(scene.proven, "", "tar, regular", 9);
        String all = others + ours;
        scene.answer("/backup/list", 1, 200, all.replace("remote\"", "local\"") + all);
        scene.list(run -> others + ours + item(run.backup(), run.base().name(), "tar, regular", 9));
        RunResult diff = scene.diff();
        assertThat(diff.base()).isEqualTo(scene.proven);
        return diff;
    }

    private static RunResult onABrokenBase(Scene scene) {
        scene.whenFull();
        scene.server.damage(scene.proven, Damage.BROKEN);
        RunResult diff = scene.diff();
        assertThat(diff.base()).isNull();
        assertThat(scene.warnings).anyMatch(warning -> warning.contains("it is uploaded complete"));
        return diff;
    }

    private static Scenario localBase(String description) {
        return scene -> {
            scene.whenFull();
            scene.answer(
                    "/backup/list",
                    1,
                    200,
                    item("local", scene.proven, "", description, 0)
                            + item(scene.proven, "", "tar, regular", 9));
            RunResult diff = scene.diff();
            assertThat(diff.base()).isEqualTo(scene.proven);
            assertThat(Calls.uploads(scene.server))
                    .last()
                    .asString()
                    .endsWith("?diff-from-remote=" + scene.proven);
            return diff;
        };
    }

    private static Scenario emptyList(String policy) {
        return scene -> {
            scene.more = policy;
            scene.whenFull();
            scene.answer("/backup/list", 1, 200, item("local", scene.proven, "", "regular", 9));
            RunResult diff = scene.diff();
            assertThat(diff.base()).isNull();
            if (policy.isEmpty()) {
                assertThat(scene.warnings)
                        .anyMatch(warning -> warning.contains("is the storage within reach?"));
            }
            return diff;
        };
    }

    private static RunResult onTheNewestOfOurs(Scene scene) {
        scene.whenFull();
        String first = scene.proven;
        scene.whenFull();
        scene.server.damage(scene.proven, Damage.ABSENT);
        RunResult diff = scene.diff();
        assertThat(diff.base()).isEqualTo(first);
        assertThat(scene.warnings)
                .anyMatch(
                        warning ->
                                warning.contains(
                                        first + ", the newest whole backup in the remote list"));
        return diff;
    }

    private static RunResult withAnotherClock(Scene scene) {
        scene.server.close();
        scene.server =
                SandboxAgent.server()
                        .version(scene.version)
                        .clock(
                                Clock.offset(
                                        Clock.system(ZoneId.of("Pacific/Auckland")),
                                        Duration.ofDays(scene.lasting ? -400 : 3)))
                        .start();
        scene.whenFull();
        scene.whenFull();
        RunResult diff = scene.diff();
        assertThat(diff.base()).isEqualTo(scene.proven);
        assertThat(diff.duration()).isLessThan(Duration.ofMinutes(1));
        return diff;
    }

    /** What a simulated proxy can do. */
    private interface SimulatedFaults {
        void closeConnection(String path, int times);

        void halfAnswer(String path, int times);
    }

    /** A server, an agent, and what goes wrong between them. */
    private static final class Scene implements SimulatedFaults, RunListener, AutoCloseable {

        private final Path directory;
        private final ServerVersion version;
        private final boolean lasting;
        private SimulatedServer server;
        private SandboxAgent agent;
        private String url;
        private String more = "";
        private String limits = SandboxAgent.SHORT_LIMITS;
        private String retry = "{ create: 0, upload: 0 }";
        private String proven;
        private final List<String> warnings = new CopyOnWriteArrayList<>();
        private final List<String> lost = new CopyOnWriteArrayList<>();
        private final List<RunResult> ended = new CopyOnWriteArrayList<>();
        private volatile Consumer<Run> started = run -> {};
        private volatile Consumer<Run> succeeded = run -> {};
        private volatile Consumer<String> warned = warning -> {};

        Scene(Path directory, ServerVersion version, boolean lasting) {
            this.directory = directory;
            this.version = version;
            this.lasting = lasting;
            this.server = SandboxAgent.server().version(version).start();
        }

        int times() {
            return lasting ? LASTING : 1;
        }

        void answer(String path, int times, int status, String body) {
            server.faults().answer(path, times, status, "text/html", body);
        }

        @Override
        public void closeConnection(String path, int times) {
            server.faults().closeConnection(path, times);
        }

        @Override
        public void halfAnswer(String path, int times) {
            server.faults().halfAnswer(path, times);
        }

        /** Lets the next operation end so; several times where it is for long. */
        void next(String operation, Ending ending) {
            // More than any run has tries; a restarted server has as many.
            for (int i = 0; i < (lasting ? 100 : 1); i++) {
                server.faults().next(operation, ending);
            }
        }

        /** Has the remote list say something else once the upload is over. */
        void list(Function<Run, String> list) {
            succeeded =
                    run -> {
                        if (run.stage() == Stage.UPLOAD) {
                            answer("/backup/list/remote", times(), 200, list.apply(run));
                        }
                    };
        }

        /** Has the server start again once it is missed, unless it stays away for long. */
        void backAfterTheFirstWarning() {
            AtomicBoolean away = new AtomicBoolean(!lasting);
            warned =
                    warning -> {
                        if (warning.contains("it is asked again") && away.getAndSet(false)) {
                            server.restart();
                        }
                    };
        }

        /** Has the server killed and started again in a stage: once, or each time. */
        Scene restartedIn(Stage stage) {
            AtomicBoolean first = new AtomicBoolean(true);
            boolean again = lasting && stage == Stage.CREATE;
            limits = again ? "create: 1s, " + SandboxAgent.SHORT_LIMITS : PATIENT;
            started =
                    run -> {
                        if (run.stage() == stage && (first.getAndSet(false) || again)) {
                            // Acknowledged is not begun: until then there is nothing to resume.
                            await().until(() -> has(stage, run.backup()));
                            if (!again) {
                                server.faults().duration(stage.word(), Duration.ZERO);
                            }
                            server.restart();
                        }
                    };
            // Longer than any restart takes, so that it is not over before.
            server.faults().duration(stage.word(), Duration.ofSeconds(30));
            return this;
        }

        private boolean has(Stage stage, String backup) {
            return (stage == Stage.CREATE ? server.local() : server.remote())
                    .stream().anyMatch(item -> item.name().equals(backup));
        }

        /** Makes a backup that nothing is wrong with. */
        void whenFull() {
            RunResult full = run(BackupKind.FULL);
            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            proven = full.backup();
        }

        RunResult full() {
            return run(BackupKind.FULL);
        }

        RunResult diff() {
            return run(BackupKind.DIFF);
        }

        private RunResult run(BackupKind kind) {
            return agent().run(SandboxAgent.TARGET, kind);
        }

        /** Makes a FULL as a schedule does, which nobody waits for. */
        RunResult scheduled() {
            agent().fire(SandboxAgent.TARGET, BackupKind.FULL);
            await().atMost(Duration.ofSeconds(30)).until(() -> !ended.isEmpty());
            return ended.get(0);
        }

        private SandboxAgent agent() {
            String yaml = "limits: { %s }%nretry: %s%n%s".formatted(limits, retry, more);
            if (agent != null) {
                agent.close(); // What is to be in force may have changed.
            }
            agent =
                    url == null
                            ? SandboxAgent.start(directory, server, yaml, this)
                            : SandboxAgent.start(directory, url, yaml, this);
            return agent;
        }

        @Override
        public void operationStarted(Run run) {
            started.accept(run);
        }

        @Override
        public void operationSucceeded(Run run) {
            succeeded.accept(run);
        }

        @Override
        public void warned(Run run, String warning) {
            warnings.add(warning);
            warned.accept(warning);
        }

        @Override
        public void ended(RunResult result) {
            ended.add(result);
        }

        void assertThatTheMarkerTellsOf(RunResult result) {
            String expected = result.outcome() == Outcome.SUCCESS ? result.backup() : proven;
            if (expected == null) {
                assertThat(agent.markerFile()).doesNotExist();
            } else {
                assertThat(agent.marker()).isEqualTo(expected);
            }
        }

        void assertThatNothingWasDoneTwice() {
            for (RecordedOperation operation : server.operations()) {
                if (!lost.contains(operation.name())) {
                    assertThat(server.completeUploads(operation.name()))
                            .as("%s", operation)
                            .isLessThanOrEqualTo(1);
                }
            }
            assertThat(
                            server.operations().stream()
                                    .filter(o -> o.status().equals("success"))
                                    .filter(o -> !lost.contains(o.name()))
                                    .map(o -> o.operation() + " " + o.name()))
                    .as("%s", server.operations())
                    .doesNotHaveDuplicates();
        }

        @Override
        public void close() {
            if (agent != null) {
                agent.close();
            }
            server.close();
        }
    }
}
