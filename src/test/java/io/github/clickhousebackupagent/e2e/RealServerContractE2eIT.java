package io.github.clickhousebackupagent.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the agent leans on, asked of a real server: a new version that answers otherwise fails. */
@Tag("e2e")
class RealServerContractE2eIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);

    /** One megabyte. */
    private static final int ROWS = 7_800;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static RealStack stack;

    /** Whether the server gives each operation an id, as 2.8 does and 2.4 does not. */
    private static boolean hasOperationIds;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void start() throws IOException {
        stack = RealStack.startGiven();
        stack.createShop();
        hasOperationIds = new RealServerContractE2eIT().get("/backup/version").statusCode() == 200;
        System.out.println("clickhouse-backup " + stack.version() + ", ids: " + hasOperationIds);
    }

    @AfterAll
    static void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @BeforeEach
    void oneMegabyteAtFullSpeedAndNoLocalBackups() throws IOException {
        for (JsonNode backup : jsonLines(get("/backup/list/local"))) {
            deleteLocal(backup.path("name").asText());
        }
        stack.throttleFtp(0);
        stack.query("TRUNCATE TABLE shop.orders");
        stack.insertOrders(ROWS);
    }

    @Test
    void createAndUploadAreAcknowledgedAndFoundByWordAndName() {
        HttpResponse<String> create = post("/backup/create?name=ACK");
        assertThat(create.statusCode()).isEqualTo(201);
        assertAcknowledged(create, "create", "ACK");
        assertThat(status(finished("create", "ACK"))).isEqualTo("success");

        HttpResponse<String> upload = post("/backup/upload/ACK");
        assertThat(upload.statusCode()).isEqualTo(200);
        assertAcknowledged(upload, "upload", "ACK");
        JsonNode row = finished("upload", "ACK");
        assertThat(status(row)).isEqualTo("success");
        assertThat(row.path("operation_id").asText())
                .isEqualTo(json(upload).path("operation_id").asText());
        assertThat(remote("ACK")).hasValueSatisfying(b -> assertThat(desc(b)).contains("regular"));
    }

    @Test
    void diffFromIsAnIncrementOnALocalBase() {
        created("BASE_L");
        uploaded("BASE_L", "");
        stack.insertOrders(ROWS);
        created("INC_L");
        JsonNode row = uploaded("INC_L", "?diff-from=BASE_L");
        assertThat(command(row)).isEqualTo("upload --diff-from=\"BASE_L\" INC_L");
        assertThat(required("INC_L")).isEqualTo("BASE_L");
    }

    @Test
    void diffFromFailsAfterTheAcknowledgementWhenTheBaseIsNotLocal() {
        created("BASE_M");
        uploaded("BASE_M", "");
        deleteLocal("BASE_M");
        created("INC_M");
        assertThat(post("/backup/upload/INC_M?diff-from=BASE_M").statusCode()).isEqualTo(200);
        JsonNode row = finished("upload", "INC_M");
        assertThat(status(row)).isEqualTo("error");
        assertThat(row.path("error").asText()).contains("BASE_M");
        assertThat(remote("INC_M")).isEmpty();
        deleteLocal("INC_M");
    }

    @Test
    void diffFromRemoteIsAnIncrementOnABaseThatIsNotLocal() {
        created("BASE_R");
        uploaded("BASE_R", "");
        deleteLocal("BASE_R");
        stack.insertOrders(ROWS);
        created("INC_R");
        JsonNode row = uploaded("INC_R", "?diff-from-remote=BASE_R");
        assertThat(command(row)).isEqualTo("upload --diff-from-remote=\"BASE_R\" INC_R");
        assertThat(required("INC_R")).isEqualTo("BASE_R");
    }

    @Test
    void anotherOperationIsRefusedWith423WhileAnUploadRuns() throws IOException {
        created("BUSY");
        stack.throttleFtp(200);
        post("/backup/upload/BUSY");
        HttpResponse<String> refused = post("/backup/create?name=TOO_EARLY");
        assertThat(refused.statusCode()).isEqualTo(423);
        assertThat(refused.body()).contains("another operation is currently running");
        assertThat(status(finished("upload", "BUSY"))).isEqualTo("success");
    }

    /** 2.4 takes the last row for all that runs, and a list call writes a row of its own. */
    @Test
    void aListCallInMidUploadOpensTheApiOf24ForAnotherOperation() throws IOException {
        created("LISTED");
        stack.throttleFtp(200);
        post("/backup/upload/LISTED");
        assertThat(get("/backup/list/local").statusCode()).isEqualTo(200);
        int answer = post("/backup/create?name=BESIDE").statusCode();
        assertThat(status(row("upload", "LISTED").orElseThrow())).isEqualTo("in progress");
        assertThat(answer).isEqualTo(hasOperationIds ? 423 : 201);
        if (answer == 201) {
            finished("create", "BESIDE");
        }
        assertThat(status(finished("upload", "LISTED"))).isEqualTo("success");
    }

    @Test
    void noOrWrongCredentialsAre401InPlainText() {
        for (String password : new String[] {null, "wrong"}) {
            HttpRequest.Builder request = request("/backup/status");
            if (password != null) {
                request.header("Authorization", basic(stack.username(), password));
            }
            HttpResponse<String> answer = send(request.GET());
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).isEqualTo("401 Unauthorized\n");
        }
    }

    @Test
    void uploadToAStorageThatIsDownEndsAsAnErrorRow() throws IOException {
        created("DOWN");
        stack.stopFtp();
        try {
            assertThat(post("/backup/upload/DOWN").statusCode()).isEqualTo(200);
            JsonNode row = finished("upload", "DOWN");
            assertThat(status(row)).isEqualTo("error");
            assertThat(row.path("error").asText()).contains("connection refused");
        } finally {
            stack.startFtp();
        }
        deleteLocal("DOWN");
    }

    /** An empty remote list is no proof that there are no backups. */
    @Test
    void remoteListIsEmptyAndSuccessfulWhileTheStorageIsDown() throws IOException {
        created("HIDDEN");
        uploaded("HIDDEN", "");
        stack.stopFtp();
        try {
            HttpResponse<String> list = get("/backup/list/remote");
            assertThat(list.statusCode()).isEqualTo(200);
            assertThat(list.body()).isEmpty();
            assertThat(status(row("list", "remote").orElseThrow())).isEqualTo("success");
        } finally {
            stack.startFtp();
        }
        assertThat(remote("HIDDEN")).isPresent();
    }

    @Test
    void callbackComesAfterTheRowHasItsFinalStatus() throws IOException, InterruptedException {
        BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
        HttpServer receiver =
                HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        receiver.createContext(
                "/done",
                exchange -> {
                    bodies.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
                    exchange.sendResponseHeaders(204, -1);
                    exchange.close();
                });
        receiver.start();
        try {
            String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/done";
            HttpResponse<String> create =
                    post("/backup/create?name=CALL&callback=" + URLEncoder.encode(url, UTF_8));
            assertThat(create.statusCode()).isEqualTo(201);
            String body = bodies.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
            assertThat(body).as("callback").isNotNull();
            JsonNode callback = JSON.readTree(body);
            assertThat(callback.path("status").asText()).isEqualTo("success");
            assertThat(callback.path("error").asText()).isEmpty();
            assertThat(callback.path("operation_id").asText())
                    .isEqualTo(json(create).path("operation_id").asText());
            assertThat(status(row("create", "CALL").orElseThrow())).isEqualTo("success");
        } finally {
            receiver.stop(0);
        }
    }

    @Test
    void killedServerResumesTheUploadAsARowWithoutId() throws IOException {
        created("KILLED");
        stack.throttleFtp(200);
        post("/backup/upload/KILLED");
        await("the upload to reach the storage", () -> remote("KILLED").isPresent());
        assertThat(desc(remote("KILLED").orElseThrow())).startsWith("broken");

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        assertThat(row("create", "KILLED")).as("history from before the restart").isEmpty();
        JsonNode row = finished("upload", "KILLED");
        assertThat(command(row)).isEqualTo("upload --resumable=1 KILLED");
        assertThat(row.has("operation_id")).isFalse();
        assertThat(status(row)).isEqualTo("success");
        assertThat(desc(remote("KILLED").orElseThrow())).doesNotContain("broken");
    }

    /**
     * 2.4 takes up what is uploaded already, too; at a DIFF it takes the quotes of its own command
     * for a part of the base's name, fails, and goes no further. A client has to upload again.
     */
    @Test
    void aLocalDiffKeepsTheKilled24FromResumingTheUpload() throws IOException {
        created("A_BASE");
        uploaded("A_BASE", "");
        created("B_DIFF");
        uploaded("B_DIFF", "?diff-from=A_BASE");
        created("C_KILLED");
        stack.throttleFtp(200);
        post("/backup/upload/C_KILLED");
        await("the upload to reach the storage", () -> remote("C_KILLED").isPresent());

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        if (hasOperationIds) {
            assertThat(status(finished("upload", "C_KILLED"))).isEqualTo("success");
        } else {
            JsonNode row = finished("upload", "B_DIFF");
            assertThat(command(row))
                    .isEqualTo("upload --diff-from=\"A_BASE\" --resumable=1 B_DIFF");
            assertThat(row.path("error").asText()).contains("\"A_BASE\"/metadata.json");
            assertThat(row("upload", "C_KILLED")).isEmpty();
            assertThat(desc(remote("C_KILLED").orElseThrow())).startsWith("broken");
            uploaded("C_KILLED", "");
        }
        assertThat(desc(remote("C_KILLED").orElseThrow())).doesNotContain("broken");
    }

    /** A run that the agent has told as failed may be a remote backup after a restart. */
    @Test
    void uploadThatFailedIsTakenUpAgainByTheNextStart() throws IOException {
        created("AGAIN");
        stack.stopFtp();
        try {
            post("/backup/upload/AGAIN");
            assertThat(status(finished("upload", "AGAIN"))).isEqualTo("error");
        } finally {
            stack.startFtp();
        }
        assertThat(remote("AGAIN")).isEmpty();

        stack.killBackupServer();
        stack.startBackupServer();

        JsonNode row = finished("upload", "AGAIN");
        assertThat(command(row)).isEqualTo("upload --resumable=1 AGAIN");
        assertThat(status(row)).isEqualTo("success");
        assertThat(remote("AGAIN")).isPresent();
    }

    private static void assertAcknowledged(
            HttpResponse<String> answer, String operation, String name) {
        JsonNode body = json(answer);
        assertThat(status(body)).isEqualTo("acknowledged");
        assertThat(body.path("operation").asText()).isEqualTo(operation);
        assertThat(body.path("backup_name").asText()).isEqualTo(name);
        assertThat(body.has("operation_id")).isEqualTo(hasOperationIds);
    }

    private void created(String name) {
        assertThat(post("/backup/create?name=" + name).statusCode()).isEqualTo(201);
        assertThat(status(finished("create", name))).isEqualTo("success");
    }

    private JsonNode uploaded(String name, String parameters) {
        assertThat(post("/backup/upload/" + name + parameters).statusCode()).isEqualTo(200);
        JsonNode row = finished("upload", name);
        assertThat(status(row)).as(row.toString()).isEqualTo("success");
        return row;
    }

    private void deleteLocal(String name) {
        assertThat(post("/backup/delete/local/" + name).statusCode()).isEqualTo(200);
    }

    private JsonNode finished(String operation, String name) {
        await(
                operation + " " + name + " to end",
                () ->
                        row(operation, name)
                                .filter(r -> !status(r).equals("in progress"))
                                .isPresent());
        return row(operation, name).orElseThrow();
    }

    /** The last row whose command begins with the operation and ends with the name. */
    private Optional<JsonNode> row(String operation, String name) {
        return actions(name).stream()
                .filter(r -> command(r).startsWith(operation + " "))
                .filter(r -> command(r).endsWith(" " + name))
                .reduce((first, second) -> second);
    }

    private List<JsonNode> actions(String filter) {
        return jsonLines(get("/backup/actions?filter=" + filter));
    }

    private Optional<JsonNode> remote(String name) {
        return jsonLines(get("/backup/list/remote")).stream()
                .filter(b -> b.path("name").asText().equals(name))
                .findFirst();
    }

    private String required(String name) {
        return remote(name).orElseThrow().path("required").asText();
    }

    private static void await(String what, Callable<Boolean> condition) {
        try {
            Awaitility.await(what)
                    .atMost(LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(POLL)
                    .until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "waited in vain for "
                            + what
                            + "\n"
                            + stack.logTail(RealStack.Part.BACKUP_SERVER, 5000)
                                    .lines()
                                    .filter(line -> !line.contains("API call GET"))
                                    .collect(Collectors.joining("\n")),
                    e);
        }
    }

    private static String status(JsonNode row) {
        return row.path("status").asText();
    }

    private static String command(JsonNode row) {
        return row.path("command").asText();
    }

    private static String desc(JsonNode backup) {
        return backup.path("desc").asText();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        List<JsonNode> lines = jsonLines(answer);
        assertThat(lines).hasSize(1);
        return lines.get(0);
    }

    private static List<JsonNode> jsonLines(HttpResponse<String> answer) {
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : answer.body().lines().toList()) {
            try {
                nodes.add(JSON.readTree(line));
            } catch (JsonProcessingException e) {
                throw new AssertionError("not JSON: " + line, e);
            }
        }
        return nodes;
    }

    private HttpResponse<String> get(String path) {
        return send(request(path).header("Authorization", credentials()).GET());
    }

    private HttpResponse<String> post(String path) {
        return send(
                request(path).header("Authorization", credentials()).POST(BodyPublishers.noBody()));
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(stack.apiUri() + path)).timeout(LIMIT);
    }

    private static String credentials() {
        return basic(stack.username(), stack.password());
    }

    private static String basic(String username, String password) {
        return "Basic "
                + Base64.getEncoder().encodeToString((username + ":" + password).getBytes(UTF_8));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
