package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.notice.DeliveryCounts;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Notices arrive at real receivers, and backups are made whatever these do. */
@Timeout(60)
class NotifyRoutesTest {

    private static final String SECRET = "s3cret${body}{x}";
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String ONCE = "retry: { create: 0, upload: 0 }\n";

    private record Request(String uri, String signature, String body) {

        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(body);
        }
    }

    @TempDir Path directory;

    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger status = new AtomicInteger(200);
    private final CountDownLatch held = new CountDownLatch(1);
    private volatile boolean holds;
    private HttpServer http;
    private SimulatedServer server;
    private Hooked hooked;

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext(
                "/",
                exchange -> {
                    requests.add(
                            new Request(
                                    exchange.getRequestURI().toString(),
                                    exchange.getRequestHeaders().getFirst("Backup-Signature"),
                                    new String(
                                            exchange.getRequestBody().readAllBytes(),
                                            StandardCharsets.UTF_8)));
                    if (holds) {
                        awaitRelease();
                    }
                    exchange.sendResponseHeaders(status.get(), -1);
                    exchange.close();
                });
        http.start();
        server = SandboxAgent.server().start();
        hooked = new Hooked(directory);
    }

    private void awaitRelease() {
        try {
            held.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        held.countDown();
        http.stop(0);
        server.close();
    }

    private void webhook(String level) throws IOException {
        add("notify-webhook", webhookEnvironment(level));
    }

    private Map<String, String> webhookEnvironment(String level) throws IOException {
        return Map.of(
                "NOTIFY_WEBHOOK_URL",
                url() + "/T0P",
                "NOTIFY_WEBHOOK_SECRET_FILE",
                file("secret", SECRET),
                "NOTIFY_LEVEL",
                level);
    }

    /** An agent that takes up edits, and tells the webhook. */
    private EditedAgent edited(Map<String, SimulatedServer> targets, String more)
            throws IOException {
        EditedAgent agent = new EditedAgent(directory.resolve("edited"), targets, ONCE + more);
        agent.edit("notify-webhook", filled("notify-webhook", webhookEnvironment("warning")));
        agent.awaitTaken(1);
        return agent;
    }

    private void slack() throws IOException {
        add(
                "notify-slack",
                Map.of(
                        "NOTIFY_SLACK_URL_FILE",
                        file("url", url() + "/services/T0P"),
                        "NOTIFY_LEVEL",
                        "warning"));
    }

    /** Copies a file, with the values of the environment, and without pauses of minutes. */
    private void add(String name, Map<String, String> environment) throws IOException {
        String text = filled(name, environment);
        assertThat(text).contains("redeliveryDelay: \"5000\"");
        hooked.with(
                name,
                text.replace("redeliveryDelay: \"5000\"", "redeliveryDelay: \"50\"")
                        .replace("\"300000\"", "\"50\""));
    }

    private static String filled(String name, Map<String, String> environment) throws IOException {
        String text = Files.readString(Path.of("routes/optional/" + name + ".camel.yaml"));
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            text =
                    text.replaceAll(
                            "\\{\\{\\??env:" + variable.getKey() + "(:([^{}]|\\{\\{[^{}]*}})*)?}}",
                            Matcher.quoteReplacement(variable.getValue()));
        }
        return text;
    }

    private String file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content + "\n").toString();
    }

    private String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    private SandboxAgent agent(String limits) {
        return SandboxAgent.startWithRoutes(
                directory,
                server,
                hooked.routes,
                "limits: { %s%s }".formatted(SandboxAgent.SHORT_LIMITS, limits));
    }

    private static DeliveryCounts.Count count(SandboxAgent agent, String receiver) {
        return agent.agent()
                .seen()
                .notices()
                .all()
                .getOrDefault(receiver, new DeliveryCounts.Count(0, 0));
    }

    private static void awaitCount(SandboxAgent agent, String receiver, long sent, long failed) {
        await().atMost(SOON)
                .until(() -> count(agent, receiver).equals(new DeliveryCounts.Count(sent, failed)));
    }

    private void fail(SandboxAgent agent) {
        server.faults().next("create", Ending.error("disk \"full\" <!channel> & more"));
        assertThat(agent.full().outcome()).isEqualTo(Outcome.FAILED);
    }

    private static String signature(String seconds, String body) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of()
                .formatHex(mac.doFinal((seconds + "." + body).getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theWebhookGetsOneSignedMessageForATroubleAndOneForItsEnd() throws Exception {
        webhook("warning");
        try (SandboxAgent agent = agent("")) {
            for (int i = 0; i < 3; i++) {
                fail(agent);
            }
            RunResult full = agent.full();
            agent.full();
            awaitCount(agent, "webhook", 2, 0);

            assertThat(requests).hasSize(2);
            for (Request request : requests) {
                assertThat(request.uri()).isEqualTo("/T0P");
                Matcher signed =
                        java.util.regex.Pattern.compile("t=([0-9]+),v1=([0-9a-f]{64})")
                                .matcher(request.signature());
                assertThat(signed.matches()).isTrue();
                assertThat(signed.group(2)).isEqualTo(signature(signed.group(1), request.body()));
                Instant at = Instant.ofEpochSecond(Long.parseLong(signed.group(1)));
                assertThat(Duration.between(at, Instant.now()).abs()).isLessThan(SOON);
            }
            JsonNode first = requests.get(0).json();
            assertThat(first.get("event").asText()).isEqualTo("on-notice");
            assertThat(first.get("level").asText()).isEqualTo("error");
            assertThat(first.get("state").asText()).isEqualTo("new");
            assertThat(first.get("title").asText()).isEqualTo("node: FULL failed");
            assertThat(first.get("cause").get("reason").asText()).startsWith("disk \"full\"");
            JsonNode last = requests.get(1).json();
            assertThat(last.get("state").asText()).isEqualTo("recovered");
            assertThat(last.get("count").asInt()).isEqualTo(3);
            assertThat(last.get("cause").get("backup").asText()).isEqualTo(full.backup());
            assertThat(agent.everythingWritten()).doesNotContain(SECRET, "T0P");
        }
    }

    @Test
    void aRestartInTheMiddleOfATroubleSendsNothingTwice() throws Exception {
        webhook("warning");
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            awaitCount(agent, "webhook", 1, 0);
        }
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            awaitCount(agent, "webhook", 1, 0);
        }
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1).json().get("count").asInt()).isEqualTo(2);
    }

    @Test
    void theChatGetsALineAndAnAttachmentThatMentionsNobody() throws Exception {
        slack();
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            agent.full();
            awaitCount(agent, "slack", 2, 0);

            assertThat(requests.get(0).uri()).isEqualTo("/services/T0P");
            JsonNode message = requests.get(0).json();
            assertThat(message.get("text").asText()).isEqualTo("node: FULL failed");
            JsonNode attachment = message.get("attachments").get(0);
            assertThat(attachment.get("color").asText()).isEqualTo("danger");
            assertThat(attachment.get("text").asText())
                    .isEqualTo("disk \"full\" &lt;!channel&gt; &amp; more");
            assertThat(agent.everythingWritten()).doesNotContain("T0P");
            JsonNode recovered = requests.get(1).json().get("attachments").get(0);
            assertThat(recovered.get("color").asText()).isEqualTo("good");
        }
    }

    @Test
    void theMailHasASubjectOfOneLineAndWhatIsKnown() throws Exception {
        GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        mail.start();
        mail.setUser("agent@example.com", "agent", SECRET);
        mail.setUser("me@example.com", "me", "x");
        add(
                "notify-email",
                Map.of(
                        "SMTP_HOST", "127.0.0.1",
                        "SMTP_PORT", Integer.toString(mail.getSmtp().getPort()),
                        "SMTP_USERNAME", "agent",
                        "SMTP_PASSWORD_FILE", file("password", SECRET),
                        "MAIL_FROM", "agent@example.com",
                        "MAIL_TO", "me@example.com",
                        "NOTIFY_LEVEL", "warning"));
        try (SandboxAgent agent = agent("")) {
            server.faults().next("create", Ending.error("disk full: 100 % of /var\nSubject: x"));
            RunResult failed = agent.full();
            awaitCount(agent, "email", 1, 0);

            MimeMessage[] got = mail.getReceivedMessages();
            assertThat(got).hasSize(1);
            assertThat(got[0].getSubject()).isEqualTo("ClickHouse backup error: node: FULL failed");
            assertThat(got[0].getFrom()[0]).hasToString("agent@example.com");
            assertThat(got[0].getAllRecipients()[0]).hasToString("me@example.com");
            assertThat(got[0].getContent().toString())
                    .startsWith("disk full: 100 % of /var")
                    .contains("backup:   " + failed.backup(), "stage:    create", "state:    new");
            assertThat(got[0].getHeader("BackupReason")).isNull();
            assertThat(agent.everythingWritten()).doesNotContain(SECRET);
        } finally {
            mail.stop();
        }
    }

    @Test
    void aMailServerThatIsAwayForAWhileGetsTheMailLater() throws Exception {
        int port = freePort();
        add(
                "notify-email",
                Map.of(
                        "SMTP_HOST", "127.0.0.1",
                        "SMTP_PORT", Integer.toString(port),
                        "SMTP_USERNAME", "",
                        "MAIL_FROM", "agent@example.com",
                        "MAIL_TO", "me@example.com",
                        "SMTP_PASSWORD_FILE", "",
                        "NOTIFY_LEVEL", "warning"));
        GreenMail mail =
                new GreenMail(new ServerSetup(port, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            assertThat(count(agent, "email")).isEqualTo(new DeliveryCounts.Count(0, 0));
            mail.start();
            awaitCount(agent, "email", 1, 0);
            assertThat(mail.getReceivedMessages()).hasSize(1);
        } finally {
            mail.stop();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void aReceiverThatIsAwayForAWhileGetsTheMessageOnceAndInOrder() throws Exception {
        webhook("info");
        status.set(503);
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            await().atMost(SOON).until(() -> requests.size() >= 3);
            assertThat(count(agent, "webhook")).isEqualTo(new DeliveryCounts.Count(0, 0));
            int refused = requests.size();
            status.set(200);
            awaitCount(agent, "webhook", 2, 0);

            List<Request> taken = requests.subList(requests.size() - 2, requests.size());
            assertThat(requests).hasSizeGreaterThan(refused);
            assertThat(taken.get(0).json().get("state").asText()).isEqualTo("new");
            assertThat(taken.get(1).json().get("state").asText()).isEqualTo("recovered");
            assertThat(agent.log()).doesNotContain("Hook ");
        }
    }

    @Test
    void aReceiverThatAnswersNothingDelaysNoRunAndNoOtherReceiver() throws Exception {
        webhook("info");
        holds = true;
        HttpServer chat =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        CountDownLatch chatted = new CountDownLatch(2);
        chat.createContext(
                "/",
                exchange -> {
                    exchange.getRequestBody().readAllBytes();
                    chatted.countDown();
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        chat.start();
        add(
                "notify-slack",
                Map.of(
                        "NOTIFY_SLACK_URL_FILE",
                        file("url", "http://127.0.0.1:" + chat.getAddress().getPort() + "/"),
                        "NOTIFY_LEVEL",
                        "info"));
        try (SandboxAgent agent = agent("")) {
            fail(agent);
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(chatted.await(20, TimeUnit.SECONDS)).isTrue();
            awaitCount(agent, "slack", 2, 0);
            // It has the first, and says nothing: both runs are over all the same.
            assertThat(count(agent, "webhook")).isEqualTo(new DeliveryCounts.Count(0, 0));
            held.countDown();
            awaitCount(agent, "webhook", 2, 0);
        } finally {
            chat.stop(0);
        }
    }

    @Test
    void aReceiverThatNeverComesBackIsGivenUpAndCounted() throws Exception {
        webhook("warning");
        http.stop(0);
        try (SandboxAgent agent = agent(", notice: 500ms")) {
            fail(agent);
            awaitCount(agent, "webhook", 0, 1);
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            awaitCount(agent, "webhook", 0, 2);
            assertThat(agent.log()).doesNotContain("Hook ");
        }
    }

    @Test
    void aStopDoesNotWaitForAReceiverThatIsAway() throws Exception {
        webhook("warning");
        // As shipped, with pauses of seconds and minutes.
        Path file = hooked.routes.resolve("notify-webhook.camel.yaml");
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("redeliveryDelay: \"50\"", "redeliveryDelay: \"300000\"")
                        .replace(
                                "maximumRedeliveryDelay: \"50\"",
                                "maximumRedeliveryDelay: \"300000\""));
        status.set(503);
        // A stop that waited for the pause would take all of it.
        SandboxAgent agent =
                SandboxAgent.startWithRoutes(
                        directory, server, hooked.routes, "limits: { stop: 40s }");
        long stopped;
        DeliveryCounts counts = agent.agent().seen().notices();
        try (agent) {
            fail(agent);
            await().atMost(SOON).until(() -> requests.size() == 1);
            agent.full();
            stopped = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(SOON);
        assertThat(counts.all()).containsEntry("webhook", new DeliveryCounts.Count(0, 2));
        // The first was in its pause, the second had not been tried.
        assertThat(requests).hasSize(2);
    }

    @Test
    void whatWasMissedIsSentWhenTheAgentIsThereAgain() throws Exception {
        webhook("warning");
        new Journal(directory.resolve("state/node/runs.jsonl"))
                .append(
                        new JournalEvent(
                                Instant.now().minus(Duration.ofDays(400)),
                                null,
                                JournalEvent.ARMED,
                                Map.of("schedule", "yearly", "cron", "0 0 1 1 *", "zone", "UTC")));
        String schedule = "schedules: { yearly: { do: full, cron: '0 0 1 1 *', catch-up: never } }";
        for (int start = 0; start < 2; start++) {
            try (SandboxAgent agent =
                    SandboxAgent.startWithRoutes(directory, server, hooked.routes, schedule)) {
                assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
                if (start == 0) {
                    awaitCount(agent, "webhook", 1, 0);
                }
            }
        }
        assertThat(requests).hasSize(1);
        JsonNode missed = requests.get(0).json();
        assertThat(missed.get("trouble").asText()).isEqualTo("missed");
        assertThat(missed.get("level").asText()).isEqualTo("warning");
        assertThat(missed.get("title").asText()).isEqualTo("node: FULL missed");
        assertThat(missed.get("text").asText()).contains("as the agent was not running");
    }

    @Test
    void aWarningInTheSameWordsIsSentOnce() throws Exception {
        webhook("warning");
        try (SandboxAgent agent = agent("")) {
            agent.diff();
            agent.diff();
            awaitCount(agent, "webhook", 1, 0);
        }
        // What waited would have been sent by the stop.
        assertThat(requests).hasSize(1);
        JsonNode warning = requests.get(0).json();
        assertThat(warning.get("title").asText()).isEqualTo("node: DIFF: warning");
        assertThat(warning.get("text").asText()).contains("take a FULL first");
    }

    /** Once in a few times, the message was on its way from one queue to the next. */
    @RepeatedTest(20)
    void aCommandThatEndsAtOnceHasToldBefore() throws Exception {
        webhook("warning");
        try (SandboxAgent agent = agent("")) {
            fail(agent);
        }
        assertThat(requests).hasSize(1);
    }

    @Test
    void whatMattersLessIsNotSent() throws Exception {
        webhook("info");
        slack();
        try (SandboxAgent agent = agent("")) {
            agent.full();
            awaitCount(agent, "webhook", 1, 0);
            assertThat(count(agent, "slack")).isEqualTo(new DeliveryCounts.Count(0, 0));
            assertThat(requests).singleElement().extracting(Request::uri).isEqualTo("/T0P");
        }
    }

    @Test
    void aLevelThatIsNoneIsFoundBeforeTheNightInWhichItMatters() throws Exception {
        webhook("warn");
        assertThatThrownBy(() -> agent(""))
                .hasMessageContaining("found warn; allowed: one of info, warning, error");
    }

    @Test
    void anEditLosesNoMessageThatWaitsForItsReceiver() throws Exception {
        status.set(503);
        try (EditedAgent agent =
                edited(Map.of("node", server), EditedAgent.schedule(EditedAgent.NEVER))) {
            server.faults().next("create", Ending.error("disk full"));
            agent.agent().run("node", BackupKind.FULL);
            assertThat(agent.agent().run("node", BackupKind.FULL).outcome())
                    .isEqualTo(Outcome.SUCCESS);
            // The first is in its pause of 5 s, the second waits behind it.
            await().atMost(SOON).until(() -> !requests.isEmpty());
            agent.configure(
                    Map.of("node", server), ONCE + EditedAgent.schedule("0 0 0 1 1 ? 2098"));
            agent.awaitTaken(2);
            status.set(200);

            await().atMost(SOON)
                    .until(
                            () ->
                                    new DeliveryCounts.Count(2, 0)
                                            .equals(
                                                    agent.agent()
                                                            .seen()
                                                            .notices()
                                                            .all()
                                                            .get("webhook")));
            List<Request> taken = requests.subList(requests.size() - 2, requests.size());
            assertThat(taken.get(0).json().get("state").asText()).isEqualTo("new");
            assertThat(taken.get(1).json().get("state").asText()).isEqualTo("recovered");
        }
    }

    @Test
    void whatAnEditTakesAwayIsToldOnceAndNotEachTime() throws Exception {
        String both =
                "schedules: { full: { do: full, cron: \"%1$s\" }, diff: { do: diff, cron: \"%1$s\" } }%n"
                        .formatted(EditedAgent.NEVER);
        Map<String, SimulatedServer> three = Map.of("a", server, "b", server, "c", server);
        try (EditedAgent agent = edited(three, both)) {
            agent.configure(three, ONCE + EditedAgent.schedule(EditedAgent.NEVER));
            agent.awaitTaken(2);
            await().atMost(SOON).until(() -> requests.size() == 1);
            JsonNode schedule = requests.get(0).json();
            assertThat(schedule.get("level").asText()).isEqualTo("warning");
            assertThat(schedule.get("trouble").asText()).isEqualTo("withdrawn");
            assertThat(schedule.get("title").asText())
                    .isEqualTo("3 targets: schedule diff makes no more backups");
            assertThat(schedule.get("text").asText())
                    .isEqualTo("Taken out of the configuration: diff of a, b, c.");

            agent.configure(Map.of("a", server), ONCE + EditedAgent.schedule(EditedAgent.NEVER));
            agent.awaitTaken(3);
            await().atMost(SOON).until(() -> requests.size() == 2);
            assertThat(requests.get(1).json().get("title").asText())
                    .isEqualTo("2 targets: taken out of the configuration, no more backups");
            assertThat(requests.get(1).json().get("text").asText())
                    .startsWith("No more backups are made of b, c.");

            agent.configure(Map.of("a", server), ONCE + "");
            agent.awaitTaken(4);
            await().atMost(SOON).until(() -> requests.size() == 3);
            assertThat(requests.get(2).json().get("text").asText())
                    .endsWith("of a. Without any schedule now: a.");
            agent.configure(Map.of("a", server), ONCE + "parallel-runs: 3\n");
            agent.awaitTaken(5);
            server.faults().next("create", Ending.error("disk full"));
            agent.agent().run("a", BackupKind.FULL);
            await().atMost(SOON).until(() -> requests.size() >= 4);
            assertThat(requests.get(3).json().get("title").asText()).isEqualTo("a: FULL failed");
        }
    }
}
