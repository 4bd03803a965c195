package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No secret is anywhere but where it must be: not in logs, journals, markers, stdout, stderr,
 * process lists and the environment of other processes, whatever the agent does and whatever goes
 * wrong. Secrets are the passwords, also as they stand in the header of a call, and the tokens of
 * the addresses to call back.
 *
 * <p>The password that somebody gives to {@code create_full_backup} as an argument is in the
 * process list by his own choice, and is only searched for elsewhere.
 */
class SecretsIT {

    private static final String SECRET = "s3cr3t+of/the=API";
    private static final String CLICKHOUSE_SECRET = "s3cr3t-of-clickhouse";
    private static final String WRONG = "wr0ng+one/for=it";
    private static final Duration SOON = Duration.ofSeconds(40);
    private static final Pattern TOKEN = Pattern.compile("callback/([0-9a-f]{32})");

    /** All that the agent writes; the secrets themselves are elsewhere. */
    @TempDir Path written;

    @TempDir Path hidden;

    private final List<String> seen = new ArrayList<>();
    private SimulatedServer server;
    private Path passwordFile;
    private Path config;

    @BeforeEach
    void start() throws IOException {
        server =
                SimulatedServer.builder()
                        .credentials("api", SECRET)
                        .clickHouseCredentials("reader", CLICKHOUSE_SECRET)
                        .start();
        config =
                Files.writeString(
                        written.resolve("agent.yaml"),
                        Files.readString(Path.of("config/agent.yaml"))
                                + "limits: { silence: 1s, settle: 200ms, proof: 1s, outage: 5s }\n");
        passwordFile = Files.writeString(hidden.resolve("password"), SECRET + "\n");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theCommandsTellNone() throws Exception {
        Map<String, String> byValue = environment("API_PASSWORD", SECRET);
        Map<String, String> byFile = environment("API_PASSWORD_FILE", passwordFile.toString());

        assertThat(run(byValue, "full").exitCode()).isZero();
        assertThat(run(byFile, "diff", "--json").exitCode()).isZero();
        for (Map<String, String> environment : List.of(byValue, byFile)) {
            assertThat(run(environment, "check").exitCode()).isZero();
            assertThat(run(environment, "check", "--json").exitCode()).isZero();
            assertThat(run(environment, "next").exitCode()).isZero();
            assertThat(run(environment, "history", "--json").exitCode()).isZero();
            assertThat(run(environment, "config", "show").output()).contains("api");
            assertThat(create(environment).exitCode()).isZero();
        }
        assertThat(run(byValue, "config", "show").output()).contains("password: '******'");
        assertThat(create(environment("x", ""), "api", SECRET).exitCode()).isZero();

        assertNowhere(SECRET);
    }

    @Test
    void noFailureTellsOne() throws Exception {
        Map<String, String> good = environment("API_PASSWORD_FILE", passwordFile.toString());
        Map<String, String> wrong = environment("API_PASSWORD", WRONG);

        assertThat(run(wrong, "full").exitCode()).isEqualTo(1);
        assertThat(run(wrong, "check").errors() + seen).contains("401");
        assertThat(create(environment("x", ""), "api", WRONG).exitCode()).isEqualTo(1);

        // What a proxy may show in its page: all that it got.
        for (int status : new int[] {200, 400, 502}) {
            for (String path : new String[] {"/backup/list", "/backup/create"}) {
                server.faults().answer(path, 1, status, "text/html", page());
                Ended ended = run(good, "full", "--config", config.toString());
                assertThat(ended.exitCode()).as("%s", ended).isEqualTo(isGivenUp(status, path));
            }
        }
        server.faults().answer("/backup/list", 2, 403, "text/html", page());
        assertThat(run(good, "check").exitCode()).isEqualTo(1);

        good.put(
                "API_URL",
                server.uri().toString().replace("http://", "http://api:" + SECRET + "@"));
        assertThat(run(good, "full", "--config", config.toString()).exitCode()).isEqualTo(3);
        good.put("API_URL", "http://no-such-host.invalid");
        assertThat(run(good, "full", "--config", config.toString()).exitCode()).isEqualTo(4);
        server.kill();
        good.put("API_URL", server.uri().toString());
        assertThat(run(good, "full", "--config", config.toString()).exitCode()).isEqualTo(4);
        assertThat(run(good, "check").exitCode()).isEqualTo(4);

        assertThat(everything()).as("what a proxy showed").contains("you sent", "******");
        assertNowhere(SECRET);
        assertNowhere(WRONG);
    }

    @Test
    void theAgentAndItsCallbacksTellNone() throws Exception {
        List<String> formats = List.of("text", "json");
        for (String format : formats) {
            Map<String, String> environment =
                    environment("API_PASSWORD_FILE", passwordFile.toString());
            environment.put("LOG_FORMAT", format);
            environment.put("FULL_SATURDAY", "* * * * * ?");
            environment.put("DIFF_WEEKDAYS", "* * * * * ?");
            int before = tokens().size();
            try (AgentProcess agent =
                    AgentProcess.start(
                            written, environment, "run", "--config", config.toString())) {
                until(() -> tokens().size() >= before + 2);
                server.faults().answer("/backup/upload", 1, 400, "text/html", page());
                int pages = formats.indexOf(format) + 1;
                until(() -> everything().split(" answered 400\n", -1).length > pages);
                seen.add(agent.commandLine());
                for (ProcessHandle child : agent.descendants()) {
                    seen.add(child.info().commandLine().orElse(""));
                    seen.add(Files.readString(Path.of("/proc", child.pid() + "", "environ")));
                }
                agent.terminate();
                Ended ended = agent.ended();
                assertThat(ended.exitCode()).isEqualTo(143);
                seen.add(ended.output());
                seen.add(ended.errors());
            }
        }

        assertThat(tokens()).as("servers were told where to call back").isNotEmpty();
        assertNowhere(SECRET);
    }

    @Test
    void noOrderTellsThatOfClickHouseOrThatOfTheAgent() throws Exception {
        Map<String, String> environment = environment("API_PASSWORD_FILE", passwordFile.toString());
        environment.put("CLICKHOUSE_URL", server.clickHouseUri().toString());
        environment.put("CLICKHOUSE_USERNAME", "reader");
        Map<String, String> byValue = new HashMap<>(environment);
        byValue.put("CLICKHOUSE_PASSWORD", CLICKHOUSE_SECRET);
        Path file = Files.writeString(hidden.resolve("clickhouse"), CLICKHOUSE_SECRET + "\n");
        environment.put("CLICKHOUSE_PASSWORD_FILE", file.toString());
        assertThat(run(environment, "full").exitCode()).isZero();
        assertThat(run(byValue, "config", "show").output())
                .contains("clickhouse-password: '******'");
        assertThat(run(byValue, "restore", "last", "--replace", "--yes").exitCode()).isZero();
        server.clickHouse()
                .answer(
                        1,
                        500,
                        page() + " and reader and " + CLICKHOUSE_SECRET + basic(CLICKHOUSE_SECRET));
        assertThat(run(environment, "restore", "last", "--replace", "--yes").exitCode())
                .isNotZero();
        String token;
        try (AgentProcess agent =
                AgentProcess.start(written, environment, "run", "--config", config.toString())) {
            Path address = written.resolve("state/agent.json");
            until(() -> Files.exists(address));
            token =
                    Files.readString(address)
                            .replaceFirst("(?s).*\"token\":\"([0-9a-f]+)\".*", "$1");
            Ended told =
                    run(
                            environment,
                            "restore",
                            "last",
                            "--replace",
                            "--yes",
                            "--config",
                            config + "");
            assertThat(told.exitCode()).as(told.errors()).isZero();
            assertThat(told.errors()).contains("also when this command is ended");
            seen.add(agent.commandLine());
            agent.terminate();
            seen.add(agent.ended().errors());
        }

        assertThat(token).hasSize(64);
        assertNowhere(token);
        assertNowhere(CLICKHOUSE_SECRET);
        assertNowhere(SECRET);
    }

    private static String basic(String password) {
        return " Basic "
                + Base64.getEncoder()
                        .encodeToString(("reader:" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** A question is asked again, and an order given again, for what may pass. */
    private static int isGivenUp(int status, String path) {
        return status == 400 || path.equals("/backup/list") ? 1 : 0;
    }

    private static String page() {
        return "<html>you sent Authorization: Basic %s, which is api and %s</html>"
                .formatted(base64(SECRET), SECRET);
    }

    private static String base64(String password) {
        return Base64.getEncoder()
                .encodeToString(("api:" + password).getBytes(StandardCharsets.UTF_8));
    }

    private Map<String, String> environment(String name, String value) {
        Map<String, String> environment = new HashMap<>();
        environment.put("SERVER", "node");
        environment.put("API_URL", server.uri().toString());
        environment.put("API_USERNAME", "api");
        environment.put("HTTP_PORT", "0");
        environment.put("LOG_DIRECTORY", written.resolve("log").toString());
        environment.put("STATE_DIRECTORY", written.resolve("state").toString());
        environment.put(name, value);
        return environment;
    }

    private Ended create(Map<String, String> environment, String... credentials) throws Exception {
        List<String> words = new ArrayList<>(List.of("create_full_backup"));
        words.add("127.0.0.1:" + server.port());
        words.addAll(List.of(credentials));
        return run(environment, words.toArray(String[]::new));
    }

    private Ended run(Map<String, String> environment, String... words) throws Exception {
        try (AgentProcess process = AgentProcess.start(written, environment, words)) {
            Ended ended = process.ended();
            seen.add(ended.output());
            seen.add(ended.errors());
            return ended;
        }
    }

    private static void until(BooleanSupplier condition) {
        await().atMost(SOON).until(condition::getAsBoolean);
    }

    /** The tokens in the addresses that the server was given. */
    private Set<String> tokens() {
        Set<String> tokens = new LinkedHashSet<>();
        for (RecordedCall call : server.calls()) {
            Matcher token = TOKEN.matcher(call.query().replace("%2F", "/"));
            while (token.find()) {
                tokens.add(token.group(1));
            }
        }
        return tokens;
    }

    /** What was printed, shown and written. */
    private String everything() {
        StringBuilder all = new StringBuilder(String.join("\n", seen));
        try (Stream<Path> files = Files.walk(written)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(file);
                all.append('\n').append(file).append('\n');
                all.append(new String(content, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            return ""; // A file was renamed meanwhile: looked at again by whoever waits.
        }
        return all.toString();
    }

    private void assertNowhere(String secret) {
        String all = everything();
        assertThat(all).as("what is searched").contains("backup begins", "\"event\":\"ended\"");
        Set<String> needles = new LinkedHashSet<>(tokens());
        needles.add(secret);
        needles.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
        needles.add(base64(secret).replaceFirst("=+$", ""));
        needles.add(basic(secret).replaceFirst(" Basic ", "").replaceFirst("=+$", ""));
        for (String needle : needles) {
            int at = all.indexOf(needle);
            String around =
                    at < 0 ? "" : all.substring(Math.max(0, at - 300), at) + "<here it stands>";
            assertThat(around).isEmpty();
        }
    }
}
