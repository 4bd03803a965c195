package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.route.Agent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks whether backups could be made, and makes none. */
@Command(name = "check", description = "Checks the configuration and that each target answers.")
final class CheckCommand implements Callable<Integer> {

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetsArgument named;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    /** What was found out about a target. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Finding(
            String target,
            String url,
            String result,
            String version,
            Integer localBackups,
            Integer remoteBackups,
            String marker,
            String callback,
            int exitCode) {}

    @Override
    public Integer call() {
        AgentConfig config = configuration.load();
        List<String> targets = named.in(config);
        List<Finding> findings = new ArrayList<>();
        try (Agent agent = routes.foreground(config, Clock.systemUTC(), List.of()).start()) {
            targets.forEach(target -> findings.add(check(agent, config, target)));
        }
        Console console = Console.of(spec);
        if (json) {
            console.json(findings);
        } else {
            print(console, findings);
        }
        return findings.stream()
                .mapToInt(Finding::exitCode)
                .filter(code -> code != ExitCode.DONE)
                .findFirst()
                .orElse(ExitCode.DONE);
    }

    private static Finding check(Agent agent, AgentConfig config, String target) {
        String url = config.targets().get(target).url().toString();
        String marker = null;
        try {
            marker = new Markers(config).read(target).orElse(null);
            Agent.Answer answer = agent.check(target);
            boolean found = marker == null || new Backups(answer.remote()).hasWhole(marker);
            return new Finding(
                    target,
                    url,
                    found
                            ? "ok"
                            : "the marker names a backup that is not in the remote list, whole",
                    answer.version(),
                    answer.local().size(),
                    answer.remote().size(),
                    marker,
                    agent.callbackAddress(target).orElse("none: it is asked"),
                    found ? ExitCode.DONE : ExitCode.NOT_PROVEN);
        } catch (Exception e) {
            TargetProblem problem = TargetProblem.of(e);
            return bad(target, url, problem.message(), marker, problem.exitCode());
        }
    }

    private static Finding bad(String target, String url, String why, String marker, int code) {
        return new Finding(target, url, why, null, null, null, marker, null, code);
    }

    private static void print(Console console, List<Finding> findings) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(
                List.of(
                        "TARGET",
                        "URL",
                        "VERSION",
                        "LOCAL",
                        "REMOTE",
                        "MARKER",
                        "CALLBACK",
                        "RESULT"));
        for (Finding finding : findings) {
            rows.add(
                    List.of(
                            finding.target(),
                            finding.url(),
                            text(finding.version()),
                            text(finding.localBackups()),
                            text(finding.remoteBackups()),
                            text(finding.marker()),
                            text(finding.callback()),
                            finding.result()));
        }
        console.table(rows);
    }

    private static String text(Object value) {
        return value == null ? "-" : value.toString();
    }
}
