package io.github.clickhousebackupagent.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An agent that is installed somewhere.
 *
 * @param home folder with {@code bin}, {@code lib} and {@code routes}, as the distribution has it;
 *     and {@code runtime}, if it has a Java of its own
 */
record Installation(Path home) {

    private static final String MAIN = "io.github.clickhousebackupagent.internal.cli.Main";

    /** Returns how it is started as users start it. */
    List<String> command() {
        return List.of(home.resolve("bin/clickhouse-backup-agent").toString());
    }

    /** Returns how the same jars are started by the same Java without any flag. */
    List<String> plainCommand() {
        List<String> command = new ArrayList<>();
        command.add(java());
        command.add("-Dclickhouse-backup-agent.home=" + home);
        command.add("-Dclickhouse-backup-agent.terminal=false");
        command.add("-cp");
        command.add(home.resolve("lib") + File.separator + "*");
        command.add(MAIN);
        return command;
    }

    boolean hasRuntime() {
        return Files.isExecutable(home.resolve("runtime/bin/java"));
    }

    private String java() {
        return hasRuntime() ? home.resolve("runtime/bin/java").toString() : "java";
    }

    /** Returns what of it matters for figures. */
    Map<String, Object> json() throws IOException, InterruptedException {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("form", hasRuntime() ? "with its own Java runtime" : "distribution, plain Java");
        Process version = new ProcessBuilder(java(), "-version").redirectErrorStream(true).start();
        String said = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        version.waitFor();
        json.put("java", said.lines().skip(1).findFirst().orElse(said).strip());
        return json;
    }
}
