package io.github.clickhousebackupagent.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * What Prometheus gets, and how long it waits for it.
 *
 * @param millis of each scrape, the first ones left out
 * @param mebibytes on the way, compressed as Prometheus asks for it
 * @param text the same as it is read
 */
record Scrapes(List<Double> millis, double mebibytes, double text) {

    private static final int COLD = 5;
    private static final int TIMES = 20;
    private static final double MEBI = 1 << 20;

    /** Scrapes an agent, one time after the other. */
    static Scrapes of(Path stateDirectory) throws IOException, InterruptedException {
        String url =
                new ObjectMapper()
                        .readTree(stateDirectory.resolve("agent.json").toFile())
                        .get("url")
                        .asText();
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest scrape =
                HttpRequest.newBuilder(URI.create(url + "/observe/metrics"))
                        .header("Accept-Encoding", "gzip")
                        .build();
        List<Double> millis = new ArrayList<>();
        byte[] last = {};
        for (int i = 0; i < COLD + TIMES; i++) {
            long begun = System.nanoTime();
            HttpResponse<byte[]> answer =
                    client.send(scrape, HttpResponse.BodyHandlers.ofByteArray());
            double took = (System.nanoTime() - begun) / 1e6;
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("GET /observe/metrics: " + answer.statusCode());
            }
            if (i >= COLD) {
                millis.add(took);
            }
            last = answer.body();
        }
        byte[] text = new GZIPInputStream(new ByteArrayInputStream(last)).readAllBytes();
        return new Scrapes(millis, last.length / MEBI, text.length / MEBI);
    }
}
