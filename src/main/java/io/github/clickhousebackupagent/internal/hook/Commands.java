package io.github.clickhousebackupagent.internal.hook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.event.RunEvent;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Runs commands for events, without a shell. Thread-safe. */
public final class Commands {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_TOLD = 200;
    private static final int MOST_READ = 10_000;

    /**
     * Runs {@code COMMAND EVENT TARGET}, with the event in its environment, and waits for its end.
     *
     * @param command path of the program
     * @throws IOException if it cannot be started
     * @throws IllegalStateException if it ends with anything but 0
     * @throws InterruptedException if the thread is, as it takes too long; it has been killed then
     */
    public void run(String command, RunEvent event) throws IOException, InterruptedException {
        Path output = Files.createTempFile("hook", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command, event.event(), event.target())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .redirectInput(ProcessBuilder.Redirect.from(nothing()));
            environment(event, builder.environment());
            Process process = builder.start();
            int code = end(process);
            if (code != 0) {
                String said = lastLine(output);
                throw new IllegalStateException(
                        "%s ended with %d%s"
                                .formatted(command, code, said.isEmpty() ? "" : ": " + said));
            }
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static java.io.File nothing() {
        return Path.of("/dev/null").toFile();
    }

    private static int end(Process process) throws InterruptedException {
        try {
            return process.waitFor();
        } finally {
            // What it started would hold the agent up no less.
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void environment(RunEvent event, Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("BACKUP_"));
        environment.remove("CLASSPATH"); // The agent's own jars, as its start script has set it.
        for (Map.Entry<String, JsonNode> value : JSON.valueToTree(event).properties()) {
            // Zero ends a value there.
            environment.put(variable(value.getKey()), value.getValue().asText().replace('\0', ' '));
        }
    }

    /** Returns the variable for a key of the event: {@code startedAt} is BACKUP_STARTED_AT. */
    private static String variable(String key) {
        return key.equals("backup")
                ? "BACKUP_NAME"
                : "BACKUP_" + key.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
    }

    private static String lastLine(Path output) throws IOException {
        byte[] all;
        try (var in = Files.newInputStream(output)) {
            in.skipNBytes(Math.max(0, Files.size(output) - MOST_READ));
            all = in.readNBytes(MOST_READ);
        }
        String last =
                Stream.of(new String(all, Charset.defaultCharset()).split("\\R"))
                        .filter(line -> !line.isBlank())
                        .reduce("", (before, line) -> line)
                        .strip();
        return last.length() <= MOST_TOLD ? last : last.substring(0, MOST_TOLD) + "...";
    }
}
