package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.internal.report.RunLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.logging.log4j.LogManager;

/** The entry of the distribution. */
public final class Main {

    /** Folder of the distribution, which holds {@code config} and {@code routes}. */
    private static final String HOME_PROPERTY = "clickhouse-backup-agent.home";

    private Main() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        String format = System.getenv().getOrDefault("LOG_FORMAT", "").toLowerCase(Locale.ROOT);
        if (!List.of("", "text", "json").contains(format)) {
            System.err.println("[ERROR] LOG_FORMAT: found '" + format + "'; allowed: text, json");
            System.exit(ExitCode.CONFIGURATION);
        }
        setUpLog(args, format.isEmpty() ? "text" : format);
        openLog();
        // What containers and services do: to read the options of all commands for that takes
        // longer than to read configuration and routes.
        boolean plain = args.length == 1 && args[0].equals(RunCommand.NAME);
        System.exit(plain ? RunCommand.plain() : AgentCommand.execute(args));
    }

    /** Beside what else a start does: reading how to log takes a tenth of a second. */
    private static void openLog() {
        Thread opener = new Thread(() -> LogManager.getLogger(RunLog.AGENT), "open-log");
        opener.setDaemon(true);
        opener.start();
    }

    /** Returns the folder of the distribution; where it was not started by its script, this one. */
    static Path home() {
        return Path.of(System.getProperty(HOME_PROPERTY, "."));
    }

    /** Before the first logger is made: which file says how, and what the console looks like. */
    private static void setUpLog(String[] args, String format) {
        System.setProperty("clickhouse-backup-agent.format", format);
        Terminal terminal = Terminal.detect(System.getenv());
        System.setProperty("clickhouse-backup-agent.plain", Boolean.toString(terminal.plain()));
        boolean foreground = args.length == 0 || !args[0].equals(RunCommand.NAME);
        System.setProperty("clickhouse-backup-agent.console", foreground ? "short" : "long");
        // Log4j's own variable stays in force, for those who set up the log in another way.
        if (System.getProperty("log4j2.configurationFile") == null
                && System.getenv("LOG4J_CONFIGURATION_FILE") == null) {
            Path file = home().resolve("config/log4j2.xml");
            System.setProperty(
                    "log4j2.configurationFile",
                    Files.isReadable(file)
                            ? file.toUri().toString()
                            : "classpath:io/github/clickhousebackupagent/log4j2.xml");
        }
    }
}
