package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the page is served. */
class PageRouteTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir Path directory;

    private final HttpClient client = HttpClient.newHttpClient();

    private HttpResponse<String> call(String method, String path, String... headers)
            throws Exception {
        URI base = AgentAddress.read(directory.resolve("state")).orElseThrow().url();
        HttpRequest.Builder call =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(LIMIT)
                        .method(method, BodyPublishers.noBody());
        if (headers.length > 0) {
            call.headers(headers);
        }
        return client.send(call.build(), BodyHandlers.ofString());
    }

    private static String header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValue(name).orElse(null);
    }

    @Test
    void thePageIsForEverybodyAndMayRunNothingButItsOwnFiles() throws Exception {
        String closed =
                EditedAgent.schedule(EditedAgent.NEVER)
                        + "http: { port: 0, token: t, read: token }\n";
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, closed)) {
            HttpResponse<String> page = call("GET", "/");
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.body()).contains("page/app.js").doesNotContain("node", "{{");
            assertThat(header(page, "Content-Type")).isEqualTo("text/html; charset=utf-8");
            for (String path : new String[] {"/", "/page/app.js", "/page/none.js"}) {
                HttpResponse<String> answer = call("GET", path);
                assertThat(header(answer, "Content-Security-Policy"))
                        .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                        .contains("frame-ancestors 'none'")
                        .doesNotContain("unsafe");
                assertThat(header(answer, "X-Content-Type-Options")).isEqualTo("nosniff");
                assertThat(header(answer, "Referrer-Policy")).isEqualTo("no-referrer");
            }
            assertThat(call("GET", "/page/none.js").statusCode()).isEqualTo(404);
            assertThat(call("GET", "/page/..%2fopenapi.yaml").statusCode()).isEqualTo(404);
            assertThat(call("POST", "/").statusCode()).isIn(404, 405);
            HttpResponse<String> script = call("GET", "/page/app.js");
            assertThat(header(script, "Content-Type")).startsWith("text/javascript");
            HttpResponse<String> again =
                    call("GET", "/page/app.js", "If-None-Match", header(script, "ETag"));
            assertThat(again.statusCode()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
        }
    }
}
