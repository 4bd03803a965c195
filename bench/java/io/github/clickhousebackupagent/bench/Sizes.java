package io.github.clickhousebackupagent.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the image's own layers take, as who builds it writes it down. */
final class Sizes implements Benchmark {

    private static final double MEBIBYTE = 1024 * 1024;

    @Override
    public String name() {
        return "size";
    }

    /** Where there is no such list, there is nothing to say. */
    @Override
    public boolean isUsual(Setting setting) {
        return setting.sizes() != null;
    }

    @Override
    public Result run(Setting setting) throws IOException {
        if (setting.sizes() == null) {
            throw new IllegalArgumentException("size: found no --sizes FILE; allowed: one");
        }
        List<Figure> figures = new ArrayList<>();
        Map<String, Object> parts = new LinkedHashMap<>();
        double sum = 0;
        for (String line : Files.readAllLines(setting.sizes())) {
            if (line.isBlank()) {
                continue;
            }
            String[] words = line.strip().split("\\s+", 2);
            if (words.length < 2 || !words[0].matches("\\d+")) {
                throw new IllegalArgumentException(
                        "%s: found '%s'; allowed: bytes, a space and a name"
                                .formatted(setting.sizes(), line));
            }
            double bytes = Double.parseDouble(words[0]);
            parts.put(words[1], (long) bytes);
            sum += bytes;
        }
        figures.add(Figure.of("size", "MiB", sum / MEBIBYTE));
        parts.forEach(
                (name, bytes) ->
                        figures.add(Figure.of("size-" + name, "MiB", ((Long) bytes) / MEBIBYTE)));
        return new Result(parts, figures);
    }
}
