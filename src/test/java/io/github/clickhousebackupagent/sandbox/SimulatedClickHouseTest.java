package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ClickHouse beside the simulated server says of its tables. */
class SimulatedClickHouseTest extends SimulatedServers {
    private static final String TABLES =
            "SELECT database, name, engine\n  FROM system.tables FORMAT JSONEachRow";
    private static final String PARTS =
            """
            SELECT database, table AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
            FROM system.parts WHERE active GROUP BY database, table FORMAT JSONEachRow
            """;

    private static SimulatedServer.Builder shop() {
        return SimulatedServer.builder()
                .table("shop", "orders", 1000, 230_915)
                .table("shop", "empty", "MergeTree", 0)
                .table("shop", "log", "TinyLog", 10)
                .table("shop", "v", "View", 0);
    }

    private HttpResponse<String> ask(SimulatedServer server, String question, String... login)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.clickHouseUri())
                        .timeout(Duration.ofSeconds(10))
                        .POST(BodyPublishers.ofString(question));
        for (String each : login) {
            request.header(
                    "Authorization",
                    "Basic "
                            + Base64.getEncoder()
                                    .encodeToString(each.getBytes(StandardCharsets.UTF_8)));
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void onlyPartsAreCounted() throws Exception {
        SimulatedServer server = start(shop());

        assertThat(ask(server, PARTS).body())
                .isEqualTo(
                        "{\"database\":\"shop\",\"name\":\"orders\",\"rows\":\"1000\",\"bytes\":\"230915\"}\n");

        server.insertRows("shop", "empty", 1);
        assertThat(ask(server, PARTS).body().lines())
                .hasSize(2)
                .contains(
                        "{\"database\":\"shop\",\"name\":\"empty\",\"rows\":\"1\",\"bytes\":\"48\"}");
    }

    @Test
    void everyTableIsThereAlsoThoseOfTheSystem() throws Exception {
        SimulatedServer server = start(shop());

        String asked =
                client.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        server.clickHouseUri()
                                                                + "/?query="
                                                                + URLEncoder.encode(
                                                                        TABLES,
                                                                        StandardCharsets.UTF_8)))
                                        .build(),
                                BodyHandlers.ofString())
                        .body();

        assertThat(asked).isEqualTo(ask(server, TABLES).body());
        assertThat(asked.lines())
                .hasSize(6)
                .contains(
                        "{\"database\":\"shop\",\"name\":\"v\",\"engine\":\"View\"}",
                        "{\"database\":\"system\",\"name\":\"tables\",\"engine\":\"SystemTables\"}");
        assertThat(server.clickHouse().questions())
                .containsExactly(
                        "SELECT database, name, engine FROM system.tables FORMAT JSONEachRow",
                        "SELECT database, name, engine FROM system.tables FORMAT JSONEachRow");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "DROP TABLE shop.orders",
                "SELECT database, name, engine FROM system.tables",
                "SELECT * FROM system.tables FORMAT JSONEachRow",
                "SELECT database, table AS name, sum(rows) AS rows, sum(bytes) AS bytes"
                        + " FROM system.parts GROUP BY database, table FORMAT JSONEachRow"
            })
    void whatIsNoneOfTheTwoQuestionsIsRefused(String question) throws Exception {
        SimulatedServer server = start(shop());

        HttpResponse<String> answer = ask(server, question);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .startsWith("Code: 62, e.displayText() = DB::Exception: Syntax error");
        assertThat(server.rows("shop", "orders")).hasValue(1000);
    }

    @Test
    void strangersLearnNothing() throws Exception {
        SimulatedServer server = start(shop().clickHouseCredentials("reader", "pa:ss"));

        assertThat(ask(server, PARTS, "reader:pa:ss").statusCode()).isEqualTo(200);
        HttpResponse<String> wrong = ask(server, PARTS, "reader:other");
        assertThat(wrong.statusCode()).isEqualTo(403);
        assertThat(wrong.body())
                .startsWith(
                        "Code: 193, e.displayText() = DB::Exception: Wrong password for user"
                                + " reader")
                .doesNotContain("pa:ss");
        assertThat(ask(server, PARTS).body()).startsWith("Code: 192");
    }

    @Test
    void outageEndsAndTheAddressStays() throws Exception {
        SimulatedServer server = start(shop());
        URI uri = server.clickHouseUri();

        server.clickHouse().stop();
        assertThatThrownBy(() -> ask(server, PARTS)).isInstanceOf(ConnectException.class);
        server.clickHouse().start();
        server.clickHouse().answer(1, 503, "no");
        assertThat(ask(server, PARTS).statusCode()).isEqualTo(503);

        assertThat(ask(server, PARTS).statusCode()).isEqualTo(200);
        assertThat(server.clickHouseUri()).isEqualTo(uri);
    }

    @Test
    void serverThatIsDeadDoesNotTakeItsClickHouseWithIt() throws Exception {
        SimulatedServer server = start(shop());
        server.kill();

        assertThat(ask(server, PARTS).statusCode()).isEqualTo(200);

        server.close();
        assertThatThrownBy(() -> ask(server, PARTS)).isInstanceOf(IOException.class);
    }
}
