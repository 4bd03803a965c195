package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Deletes backups, after it has shown what that would do. */
@Command(name = "delete", description = "Deletes backups, after showing the plan and asking.")
final class DeleteCommand implements Callable<Integer> {

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetOption target;

    @Parameters(
            index = "0",
            paramLabel = "PLACE",
            description = "local: the server's disk. remote: its remote storage.")
    private Place place;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "BACKUP",
            description = "Names of backups.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--all", description = "Every backup in that place.")
    private boolean all;

    @Option(
            names = "--with-dependants",
            description = "Also what is based on one of them, from the end of its chain.")
    private boolean withDependants;

    @Option(
            names = "--force",
            description = {
                "Also what is only kept to be safe: the last backup, the last FULL, a local backup"
                        + " that is nowhere else."
            })
    private boolean force;

    @Mixin private AskOption ask;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (all == !names.isEmpty()) {
            throw new UsageException(
                    "found %s; allowed: names of backups, or --all"
                            .formatted(all ? "names beside --all" : "neither names nor --all"));
        }
        names.forEach(Arguments::requireName);
        AgentConfig config = configuration.load();
        String at = target.in(config);
        Console console = Console.of(spec);
        Clock clock = Clock.systemUTC();
        try (Agent agent = routes.foreground(config, clock, List.of()).start()) {
            DeletionPlan plan =
                    agent.plan(at, new DeletionWish(place, names, all, withDependants, force));
            if (ask.json() && ask.dryRun()) {
                console.json(plan);
            } else {
                show(ask.json() ? console.onlyMessages() : console, at, plan);
            }
            if (plan.refused()) {
                plan.refusals().forEach(why -> console.message("[ERROR] refused: " + why));
                return ExitCode.REFUSED;
            }
            if (plan.items().isEmpty() || ask.dryRun()) {
                return ExitCode.DONE;
            }
            // Where nothing is left, more than a yes is asked for.
            boolean last = place == Place.REMOTE && plan.left() == 0;
            if (!ask.agreed(console, "This cannot be undone.", last ? at : "yes")) {
                return ExitCode.FAILED;
            }
            RunResult result =
                    new Ordered(config, agent, console)
                            .carryOut(
                                    RunRequest.byOrder(
                                            at, RunKind.DELETE, plan.order(), clock.instant()));
            Ordered.print(console, result, ask.json());
            return ExitCode.of(List.of(result));
        }
    }

    private static void show(Console console, String target, DeletionPlan plan) {
        if (plan.items().isEmpty()) {
            if (!plan.refused()) {
                console.line(
                        "Nothing to delete from %s of %s.".formatted(plan.place().word(), target));
            }
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("BACKUP", "KIND", "SIZE", "CREATED", "WHY"));
        for (DeletionPlan.Item item : plan.items()) {
            rows.add(
                    List.of(
                            item.name(),
                            item.kind().name(),
                            Sizes.format(item.size()),
                            item.created(),
                            item.why() + (item.localToo() ? "; its local copy goes, too" : "")));
        }
        console.table(rows);
        console.line(
                "%s: %d of %d backups would be deleted from %s, %s."
                        .formatted(
                                target,
                                plan.items().size(),
                                plan.items().size() + plan.left(),
                                plan.place().word(),
                                Sizes.format(plan.size())));
        if (plan.marker() != null) {
            console.line(
                    plan.marker().to() == null
                            ? "The marker would be removed, as nothing is left that it could name."
                            : "The marker would name %s, as %s goes."
                                    .formatted(plan.marker().to(), plan.marker().from()));
        }
    }
}
