package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.run.Deletions;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.Pauses;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.Schedules;
import io.github.clickhousebackupagent.internal.text.Excerpt;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What callers of the API want to be done, and what becomes of it. Thread-safe.
 *
 * @param config targets and schedules
 * @param schedules takes in wishes
 * @param deletions plans deletions
 */
public record Wishes(AgentConfig config, Schedules schedules, Deletions deletions) {

    private static final String ORDER = "order";

    /**
     * A plan, and what is sent to have it carried out.
     *
     * @param order null: nothing would be done
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Planned<T>(@JsonUnwrapped T plan, JsonNode order) {}

    /**
     * Returns the target that a call is about.
     *
     * @throws ProblemException if there is none of that name
     */
    public String target(Call call) {
        return Views.target(config, call.target());
    }

    /**
     * Takes in {@code POST /targets/{target}/runs}, and what orders something else, and writes it
     * down.
     *
     * @param kind word of what is wanted
     * @throws ProblemException if it is refused
     */
    public Schedules.Asked ask(Call call, String kind) {
        String target = target(call);
        RunKind what = RunKind.of(kind).orElseThrow();
        Order order = what.makesBackup() ? null : order(call, what);
        boolean waits = call.body().path("wait").asBoolean();
        Schedules.Asked asked = schedules.ask(target, what, order, call.by(), call.key(), waits);
        if (asked.other()) {
            throw ProblemException.of(
                    422,
                    "Idempotency-Key: found one with which something else was asked for; allowed: another one");
        }
        if (asked.full()) {
            throw ProblemException.of(
                            429,
                            "found %d runs that were asked for and wait for %s; allowed: to come again when fewer do"
                                    .formatted(Schedules.MOST_WISHES, target))
                    .with("Retry-After", "60");
        }
        if (asked.busy() != null) {
            throw ProblemException.busy(
                    asked.busy(),
                    "%s is busy with %s; allowed: to come again when that is over, or \"wait\": true"
                            .formatted(
                                    target,
                                    asked.busy().isEmpty()
                                            ? "a run that has no id yet"
                                            : "run " + asked.busy()));
        }
        return asked;
    }

    /**
     * Returns the requests for a target that are in no queue though they should be, and are to join
     * it before anything else is asked for.
     *
     * @throws ProblemException if there is no target of that name
     */
    public List<RunRequest> leftOut(Call call) {
        return schedules.leftOut(target(call));
    }

    /** Returns which backup is asked for by {@code POST /targets/{target}/runs}. */
    public String kind(Call call) {
        return call.text("kind");
    }

    private static Order order(Call call, RunKind kind) {
        // What a caller may leave out stands in a journal as not there.
        Map<String, Object> whole = new LinkedHashMap<>();
        Stream.of(kind.order().getRecordComponents())
                .forEach(one -> whole.put(one.getName(), null));
        whole.putAll(Json.fields(call.body().get(ORDER)));
        Order order =
                Orders.of(kind.order(), whole)
                        .orElseThrow(
                                () ->
                                        ProblemException.of(
                                                400, "order: found none of a " + kind.word()));
        requireNoFault(order);
        return order;
    }

    private static void requireNoFault(Order order) {
        order.fault()
                .ifPresent(
                        fault -> {
                            throw ProblemException.of(400, fault.told());
                        });
    }

    /** Returns the request that is to join the queue; null: nothing is. */
    public RunRequest request(Schedules.Asked asked) {
        return asked.request();
    }

    /** Answers what was taken in. */
    public Reply accepted(Schedules.Asked asked) {
        return Reply.of(202, Map.of("run", asked.run()))
                .with("Location", Contract.BASE + "/runs/" + asked.run());
    }

    /** Returns what a restore is to be planned of. */
    public RestoreOrder restore(Call call) {
        return (RestoreOrder) order(call, RunKind.RESTORE);
    }

    /**
     * Answers {@code POST /targets/{target}/restores/plan}.
     *
     * @param order what is wanted
     */
    public Reply planned(RestoreOrder order, RestorePlan plan) {
        RestoreOrder agreed =
                new RestoreOrder(
                        order.backup(),
                        order.from(),
                        order.tables(),
                        order.content(),
                        order.databases(),
                        order.names(),
                        order.existing(),
                        plan.toBeAgreed());
        return Reply.of(200, new Planned<>(plan, Json.told(Orders.toMap(agreed))));
    }

    /**
     * Answers {@code POST /targets/{target}/deletions/plan}.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     */
    public Reply planDeletion(Call call, List<BackupItem> local, List<BackupItem> remote) {
        JsonNode body = call.body();
        List<String> names =
                StreamSupport.stream(body.path("names").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList();
        boolean all = body.path("all").asBoolean();
        if (all == !names.isEmpty()) {
            throw ProblemException.of(
                    400,
                    "found %s; allowed: names of backups, or \"all\": true"
                            .formatted(all ? "names beside all" : "neither names nor all"));
        }
        Place place =
                body.path("place").asText().equals(Place.LOCAL.word()) ? Place.LOCAL : Place.REMOTE;
        boolean force = body.path("force").asBoolean();
        requireNoFault(new DeleteOrder(place, names, force));
        DeletionWish wish =
                new DeletionWish(place, names, all, body.path("withDependants").asBoolean(), force);
        DeletionPlan plan = deletions.plan(target(call), wish, local, remote);
        return Reply.of(
                200,
                new Planned<>(
                        plan,
                        plan.refused() || plan.items().isEmpty()
                                ? null
                                : Json.told(Orders.toMap(plan.order()))));
    }

    /**
     * Returns the commands that {@code POST /targets/{target}/kill} is to end, as the server lists
     * them.
     *
     * @param rows what the server works on
     * @throws ProblemException if what is to be ended is not at work
     */
    public List<String> toKill(Call call, List<ActionRow> rows) {
        List<String> now =
                rows.stream()
                        .filter(ActionRow::inProgress)
                        .filter(row -> !row.verb().equals("list"))
                        .map(ActionRow::command)
                        .toList();
        String wanted = call.text("command");
        if (wanted != null && !now.contains(wanted)) {
            throw ProblemException.of(
                    409,
                    "command: found '%s'; allowed: what the server works on, which is %s"
                            .formatted(
                                    Excerpt.of(wanted),
                                    now.isEmpty() ? "nothing" : String.join(", ", now)));
        }
        return wanted == null ? now : List.of(wanted);
    }

    /** Answers it. */
    public Reply killed(List<String> commands) {
        return Reply.of(200, Map.of("killed", commands));
    }

    /** Returns what {@code POST /targets/{target}/pause} and {@code .../resume} want. */
    public PauseRequest pause(Call call) {
        String target = target(call);
        String schedule = call.text("schedule");
        if (schedule != null) {
            List<String> known = new ArrayList<>();
            config.schedules()
                    .forEach(
                            (name, what) -> {
                                if (config.targetsOf(what).contains(target)) {
                                    known.add(name);
                                }
                            });
            if (!known.contains(schedule)) {
                throw ProblemException.of(
                        404,
                        "schedule: found '%s'; allowed: %s"
                                .formatted(schedule, NearestName.allowed(schedule, known)));
            }
        }
        return new PauseRequest(target, schedule, call.text("reason"), call.by());
    }

    /** Answers them. */
    public Reply paused(Pauses.Change change) {
        return Reply.of(200, change);
    }
}
