package io.github.clickhousebackupagent.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Posts the end of an operation to its callback: one attempt, no credentials. */
final class Callbacks {
    private static final Logger LOG = LogManager.getLogger(Callbacks.class);
    private static final int TIMEOUT_MILLIS = 10_000;

    private Callbacks() {}

    static void post(String url, String status, String error, String operationId) {
        Map<String, Object> payload = new LinkedHashMap<>();
        payload.put("status", status);
        payload.put("error", error);
        if (!operationId.isEmpty()) {
            payload.put("operation_id", operationId);
        }
        byte[] body = Json.text(payload).getBytes(StandardCharsets.UTF_8);
        try {
            URI uri = new URI(url);
            if (uri.getHost() == null || !"http".equals(uri.getScheme())) {
                LOG.debug("The simulated server ignores a callback that cannot be called");
                return;
            }
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            connection.setRequestProperty("User-Agent", "Go-http-client/1.1");
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setRequestProperty("Accept-Encoding", "gzip");
            // Streaming, because the JDK repeats a failed POST otherwise, and the server never
            // does.
            connection.setFixedLengthStreamingMode(body.length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            LOG.debug("A callback was answered with {}", connection.getResponseCode());
            connection.disconnect();
        } catch (URISyntaxException | IOException e) {
            // The server logs it and goes on; without the URL here, which may hold a token.
            LOG.debug("A callback failed: {}", e.getClass().getName());
        }
    }
}
