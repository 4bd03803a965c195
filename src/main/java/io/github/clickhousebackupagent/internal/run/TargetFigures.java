package io.github.clickhousebackupagent.internal.run;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What there is to count and to measure of a target, as its journal tells it.
 *
 * @param standing how it stands
 * @param tallies what its runs came to
 * @param times how long their stages took
 * @param lastSizes bytes of the last proven backup of each kind, as the server lists it
 * @param failures how many runs of a schedule have failed or were interrupted since the last that
 *     succeeded, by its name; none where it is not there
 * @param chainLength how many backups a restore of the last proven one needs; null: none is proven
 * @param lastProof when a backup was proven last that counts; null: never
 * @param lastProofHeld whether the last backup that was uploaded was proven, too; null: there was
 *     none
 * @param broken how many backups on remote storage the server called broken when a run asked it
 *     last; null: none has yet
 * @param orphaned of how many the base was missing there; null: as above
 * @param waiting how many requests have not had their turn
 */
public record TargetFigures(
        Standing standing,
        List<Tally> tallies,
        List<StageTimes> times,
        Map<RunKind, Long> lastSizes,
        Map<String, Integer> failures,
        Integer chainLength,
        Instant lastProof,
        Boolean lastProofHeld,
        Integer broken,
        Integer orphaned,
        int waiting) {

    /** Returns those of a target of which no journal tells anything. */
    public static TargetFigures nothing() {
        Standing standing =
                new Standing(
                        List.of(), null, List.of(), Map.of(), Map.of(), Map.of(), List.of(),
                        List.of());
        return new TargetFigures(
                standing, List.of(), List.of(), Map.of(), Map.of(), null, null, null, null, null,
                0);
    }

    /** Copies what it is given. */
    public TargetFigures {
        tallies = List.copyOf(tallies);
        times = List.copyOf(times);
        lastSizes = Map.copyOf(lastSizes);
        failures = Map.copyOf(failures);
    }
}
