package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.route.RouteException;
import io.github.clickhousebackupagent.internal.route.StandBy;
import io.github.clickhousebackupagent.internal.run.AgentRunningException;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The agent itself: runs the schedules until it is stopped. */
@Command(
        name = RunCommand.NAME,
        description = "Runs the schedules until stopped (SIGTERM or Ctrl-C).")
final class RunCommand implements Callable<Integer> {

    static final String NAME = "run";

    private static final Duration PAUSE = Duration.ofSeconds(1);

    @Mixin private ConfigOption configuration = new ConfigOption();

    @Mixin private RoutesOption routes = new RoutesOption();

    @Option(
            names = "--stand-by",
            description =
                    "If another agent has the state folder: waits until it is gone, and takes over.")
    private boolean standBy;

    /** Does it without options, and returns the exit code. */
    static int plain() {
        try {
            return new RunCommand().call();
        } catch (Exception e) {
            return StartProblems.tell(e, new PrintWriter(System.err, true));
        }
    }

    @Override
    public Integer call() throws Exception {
        AgentConfig config = configuration.load();
        try {
            return run(config);
        } catch (AgentRunningException e) {
            if (!standBy) {
                throw e;
            }
        }
        while (true) {
            StandBy.await(config, routes.folder(), Clock.systemUTC());
            try {
                return takeOver(config);
            } catch (AgentRunningException e) {
                LogManager.getLogger(RunLog.AGENT).debug("Another one was quicker");
            }
        }
    }

    /**
     * Runs with the configuration as it is now, else as it was when it was checked: nobody else
     * makes backups, and what is wrong with it is told and followed as any other edit.
     */
    private int takeOver(AgentConfig checked) throws InterruptedException {
        Logger log = LogManager.getLogger(RunLog.AGENT);
        String told = null;
        while (true) {
            List<Exception> problems = new ArrayList<>();
            try {
                return run(configuration.load());
            } catch (ConfigException | RouteException e) {
                problems.add(e);
            }
            try {
                return run(checked);
            } catch (ConfigException | RouteException e) {
                problems.add(e);
            }
            String why =
                    problems.stream()
                            .map(StartProblems::explain)
                            .distinct()
                            .collect(Collectors.joining("\n"));
            if (!why.equals(told)) {
                why.lines()
                        .forEach(
                                line ->
                                        log.fatal(
                                                "No backups are made: this agent cannot take over, and tries again: {}",
                                                line));
                told = why;
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    private int run(AgentConfig config) throws InterruptedException {
        Agent agent = routes.background(config, Clock.systemUTC(), List.of(), configuration.file());
        // Not of the class: it would wait for the log, which opens beside all of this.
        Logger log = LogManager.getLogger(RunLog.AGENT);
        agent.onStarted(
                () ->
                        log.info(
                                "clickhouse-backup-agent is running: {} target(s), {} schedule(s)",
                                config.targets().size(),
                                config.schedules().size()));
        agent.onStopped(
                () -> {
                    log.info("clickhouse-backup-agent has stopped");
                    LogManager.shutdown();
                });
        agent.run();
        return ExitCode.DONE;
    }
}
