package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that names the configuration, and what it stands for. */
final class ConfigOption {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration (default: config/agent.yaml).")
    private Path configFile;

    /** Returns whether the option was given. */
    boolean given() {
        return configFile != null;
    }

    /** Reads the configuration. */
    AgentConfig load() {
        return ConfigLoader.system().load(file());
    }

    /** Returns the file of the configuration. */
    Path file() {
        return configFile != null ? configFile : Main.home().resolve("config/agent.yaml");
    }

    /** Returns the targets that were named, or all where none was. */
    static List<String> targets(AgentConfig config, List<String> named) {
        List<String> all = List.copyOf(config.targets().keySet());
        if (named == null || named.isEmpty()) {
            return all;
        }
        List<String> found = new ArrayList<>();
        for (String name : named) {
            if (config.groups().containsKey(name)) {
                found.addAll(config.groups().get(name));
            } else if (config.targets().containsKey(name)) {
                found.add(name);
            } else {
                throw new UsageException(
                        "unknown target '%s'; allowed: %s"
                                .formatted(name, NearestName.allowed(name, all)));
            }
        }
        return found.stream().distinct().toList();
    }
}
