package io.github.clickhousebackupagent.internal.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;

/**
 * Answers {@code GET /observe/metrics}. Thread-safe.
 *
 * @param agent what there is to measure of the agent
 * @param process the same of its process
 */
public record Exposition(AgentMetrics agent, ProcessMetrics process) {

    private static final ExpositionFormats FORMATS = ExpositionFormats.init();
    private static final int BEGIN_BYTES = 65_536;

    /**
     * What is answered.
     *
     * @param contentType the format that is asked for, text without a wish
     * @param encoding {@code gzip}; null: as it is
     * @param body bytes in that format and encoding
     */
    public record Scrape(String contentType, String encoding, byte[] body) {

        /** Two are the same if they answer the same. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Scrape scrape
                    && contentType.equals(scrape.contentType)
                    && Objects.equals(encoding, scrape.encoding)
                    && Arrays.equals(body, scrape.body);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(body);
        }

        @Override
        public String toString() {
            return "Scrape[%s, %s, %d bytes]".formatted(contentType, encoding, body.length);
        }
    }

    /**
     * Returns all metrics as they are now.
     *
     * @param accept header; null: there is none
     * @param acceptEncoding header; null: there is none
     */
    public Scrape scrape(String accept, String acceptEncoding) {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        agent.collect().forEach(all::metricSnapshot);
        process.collect().forEach(all::metricSnapshot);
        ExpositionFormatWriter writer = FORMATS.findWriter(accept);
        boolean zips = acceptEncoding != null && acceptEncoding.matches("(?i).*\\bgzip\\b.*");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(BEGIN_BYTES);
        try (OutputStream out = zips ? new GZIPOutputStream(bytes) : bytes) {
            writer.write(out, all.build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Scrape(writer.getContentType(), zips ? "gzip" : null, bytes.toByteArray());
    }
}
