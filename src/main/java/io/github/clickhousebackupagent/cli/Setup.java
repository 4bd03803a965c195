package io.github.clickhousebackupagent.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.config.NearestName;
import io.github.clickhousebackupagent.report.RunLog;
import io.github.clickhousebackupagent.route.Agent;
import io.github.clickhousebackupagent.run.RunListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that commands share, and what they stand for. */
final class Setup {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration (default: config/agent.yaml of the distribution).")
    Path configFile;

    @Option(
            names = "--routes",
            paramLabel = "DIR",
            description = "The folder of the routes (default: routes of the distribution).")
    Path routesDirectory;

    AgentConfig load() {
        Path file = configFile != null ? configFile : home().resolve("config/agent.yaml");
        return ConfigLoader.system().load(file);
    }

    /**
     * Returns the folder of the routes; null for those in the jar, which is all an embedder has.
     */
    Path routes() {
        if (routesDirectory != null) {
            return routesDirectory;
        }
        Path routes = home().resolve("routes");
        return Files.isDirectory(routes) ? routes : null;
    }

    private static Path home() {
        return Path.of(System.getProperty(Main.HOME_PROPERTY, "."));
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

    /** Returns an agent for one command: no schedules, and a port of its own for callbacks. */
    Agent foreground(AgentConfig config, Clock clock, List<RunListener> more) {
        HttpConfig http = config.http();
        boolean auto = http.callbackUrl().equals(HttpConfig.AUTO);
        HttpConfig own = new HttpConfig(http.bind(), 0, auto ? HttpConfig.AUTO : HttpConfig.OFF);
        return agent(config.with(own), false, auto, clock, more);
    }

    /** Returns an agent whose schedules fire. */
    Agent background(AgentConfig config, Clock clock, List<RunListener> more) {
        boolean callbacks = !config.http().callbackUrl().equals(HttpConfig.OFF);
        return agent(config, true, callbacks, clock, more);
    }

    private Agent agent(
            AgentConfig config,
            boolean schedules,
            boolean callbacks,
            Clock clock,
            List<RunListener> more) {
        requireWritable("log-directory", config.logDirectory());
        requireWritable("state-directory", config.stateDirectory());
        List<RunListener> listeners = new ArrayList<>();
        // Before the log: a line that is overwritten must be gone when the next one is written.
        listeners.addAll(more);
        listeners.add(new RunLog(config, clock));
        return new Agent(
                config, new Agent.Options(routes(), schedules, callbacks, listeners), clock);
    }

    private static void requireWritable(String key, Path directory) {
        try {
            Files.createDirectories(directory);
            Path probe = Files.createTempFile(directory, ".writable", "");
            Files.delete(probe);
        } catch (IOException e) {
            throw new ConfigException(
                    "%s: found %s, which cannot be written (%s); allowed: a folder that the agent may write to"
                            .formatted(key, directory, e));
        }
    }
}
