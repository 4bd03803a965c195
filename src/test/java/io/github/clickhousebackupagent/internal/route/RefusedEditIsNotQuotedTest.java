package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Why an edit is refused quotes files that only the agent may read. */
class RefusedEditIsNotQuotedTest {

    private static final String TOKEN = "tell-nobody";
    private static final String HTTP = "http: { port: 0, token: " + TOKEN + " }\n";

    /** A password that somebody pasted where it does not belong. */
    private static final String SECRET = "Hunter2-4711";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void startServer() {
        server = SandboxAgent.server().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void whoeverShowsNoTokenIsToldThatAnEditIsRefusedAndWhereButNotWhatStandsThere()
            throws Exception {
        String schedule = EditedAgent.schedule(EditedAgent.NEVER);
        try (EditedAgent agent =
                new EditedAgent(directory, Map.of("node", server), schedule + HTTP)) {
            agent.configure(
                    Map.of("node", server),
                    schedule + HTTP + "parallel-runs: " + SECRET + "\n" + SECRET + ": 1\n");
            await().atMost(EditedAgent.SOON).until(() -> agent.state().refused() != null);

            var known = status(TOKEN).at("/edits/refused");
            assertThat(known.get("problems").toString())
                    .contains("agent.yaml:", "parallel-runs", "found", SECRET);

            var anybody = status(null);
            assertThat(anybody.toString()).doesNotContain(SECRET);
            var refused = anybody.at("/edits/refused");
            assertThat(refused.get("at")).isEqualTo(known.get("at"));
            assertThat(refused.get("problems")).hasSize(2);
            assertThat(refused.at("/problems/0").asText())
                    .matches(".*agent\\.yaml:[0-9]+: refused; the log of the agent tells why.*");
            assertThat(agent.state().refused().problems().toString()).contains(SECRET);
        }
    }

    private com.fasterxml.jackson.databind.JsonNode status(String token) {
        return ApiCaller.of(directory.resolve("state"), token).get("/status", "/status").json();
    }
}
