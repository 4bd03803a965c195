package io.github.clickhousebackupagent.internal.deletion;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.chain.LastProven;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan.Item;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan.MarkerChange;
import io.github.clickhousebackupagent.internal.order.BackupAt;
import io.github.clickhousebackupagent.internal.order.Fault;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides what a deletion would do. Servers delete whatever they are told, also what others need.
 *
 * @param local what is on the server's disk
 * @param remote what is on remote storage
 * @param marker what the marker names, if it is there
 * @param inUse backups that unfinished runs are at work on, each with what that run is
 * @param ours whether a remote backup is one that the marker may name
 */
public record DeletionPlanner(
        Backups local,
        Backups remote,
        Optional<String> marker,
        Map<String, String> inUse,
        Predicate<String> ours) {

    private static final int NAMED = 3;

    /** Returns what a deletion would do, or why it would not. */
    public DeletionPlan plan(DeletionWish wish) {
        Backups there = wish.place() == Place.LOCAL ? local : remote;
        List<String> refusals = new ArrayList<>();
        Map<String, String> chosen = new LinkedHashMap<>();
        if (wish.all()) {
            there.names().forEach(name -> chosen.put(name, "all are to go"));
        }
        for (String name : wish.names()) {
            if (there.has(name)) {
                chosen.put(name, "named");
            } else {
                refusals.add(unknown(name, wish.place(), there));
            }
        }
        if (wish.place() == Place.REMOTE) {
            dependants(wish, chosen, refusals);
        }
        for (String name : chosen.keySet()) {
            BackupAt.faultOf(name).map(Fault::told).ifPresent(refusals::add);
            Optional.ofNullable(inUse.get(name))
                    .ifPresent(run -> refusals.add("%s is in use by %s".formatted(name, run)));
        }
        if (!wish.forced()) {
            keptToBeSafe(wish.place(), chosen.keySet(), refusals);
        }
        return new DeletionPlan(
                wish.place(),
                items(wish.place(), there, chosen),
                wish.place() == Place.REMOTE ? markerChange(chosen.keySet()) : null,
                there.names().size() - chosen.size(),
                wish.forced(),
                refusals);
    }

    private static String unknown(String name, Place place, Backups there) {
        String near =
                NearestName.of(name, there.names())
                        .map(other -> " (did you mean " + other + "?)")
                        .orElse("");
        return "%s is not in the %s list%s".formatted(name, place.word(), near);
    }

    /** Adds what is based on the chosen ones, or says that it would be broken. */
    private void dependants(DeletionWish wish, Map<String, String> chosen, List<String> refusals) {
        for (String name : List.copyOf(chosen.keySet())) {
            List<String> others =
                    needing(name).stream().filter(other -> !chosen.containsKey(other)).toList();
            if (wish.withDependants()) {
                others.forEach(other -> chosen.put(other, "needs " + name));
            } else if (!others.isEmpty()) {
                int more = others.size() - NAMED;
                refusals.add(
                        "%s is needed by %s%s, which could not be restored any more; --with-dependants deletes them, too"
                                .formatted(
                                        name,
                                        String.join(
                                                ", ",
                                                others.subList(0, Math.min(NAMED, others.size()))),
                                        more > 0 ? " and %d more".formatted(more) : ""));
            }
        }
    }

    /** Returns the remote backups that are based on one, directly or not. */
    private List<String> needing(String base) {
        List<String> found = new ArrayList<>();
        Set<String> seen = new HashSet<>(Set.of(base));
        boolean more = true;
        while (more) {
            more = false;
            for (String name : remote.names()) {
                if (seen.contains(required(name)) && seen.add(name)) {
                    found.add(name);
                    more = true;
                }
            }
        }
        return found;
    }

    private String required(String name) {
        return remote.find(name).map(BackupItem::required).orElse("");
    }

    private void keptToBeSafe(Place place, Set<String> chosen, List<String> refusals) {
        if (place == Place.LOCAL) {
            for (String name : chosen) {
                if (local.hasWhole(name) && !remote.isRestorable(name)) {
                    refusals.add(
                            "%s is nowhere else: the remote list does not have it, whole; --force deletes it all the same"
                                    .formatted(name));
                }
            }
            return;
        }
        marker.filter(chosen::contains)
                .ifPresent(
                        name ->
                                refusals.add(
                                        "%s is the last backup, which the marker names; --force deletes it all the same"
                                                .formatted(name)));
        lastFull()
                .filter(chosen::contains)
                .ifPresent(
                        name ->
                                refusals.add(
                                        "%s is the last FULL; --force deletes it all the same"
                                                .formatted(name)));
    }

    private Optional<String> lastFull() {
        return remote.names().stream()
                .filter(name -> required(name).isEmpty())
                .filter(remote::isRestorable)
                .max(remote.byAge());
    }

    private List<Item> items(Place place, Backups there, Map<String, String> chosen) {
        return chosen.keySet().stream()
                .sorted(Comparator.comparing((String name) -> depth(there, name)).reversed())
                .map(name -> there.find(name).orElseThrow())
                .map(
                        item ->
                                new Item(
                                        item.name(),
                                        kind(item),
                                        item.size(),
                                        item.created(),
                                        place == Place.REMOTE && local.has(item.name()),
                                        chosen.get(item.name())))
                .toList();
    }

    /** A local backup does not tell what it was uploaded as. */
    private BackupKind kind(BackupItem item) {
        boolean full = item.required().isEmpty() && required(item.name()).isEmpty();
        return full ? BackupKind.FULL : BackupKind.DIFF;
    }

    /** Returns how many backups there are below one, as far as they are there. */
    private static int depth(Backups there, String name) {
        Set<String> seen = new HashSet<>();
        Optional<BackupItem> at = there.find(name);
        while (at.isPresent() && seen.add(at.get().name())) {
            at = there.find(at.get().required());
        }
        return seen.size();
    }

    private MarkerChange markerChange(Set<String> chosen) {
        if (marker.filter(chosen::contains).isEmpty()) {
            return null;
        }
        Backups rest =
                new Backups(
                        remote.names().stream()
                                .filter(name -> !chosen.contains(name))
                                .map(name -> remote.find(name).orElseThrow())
                                .toList());
        return new MarkerChange(
                marker.get(), LastProven.find(Optional.empty(), rest, ours).name().orElse(null));
    }
}
