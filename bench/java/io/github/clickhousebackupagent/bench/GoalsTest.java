package io.github.clickhousebackupagent.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.bench.Goals.Goal;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Figures that are no good must not pass. */
class GoalsTest {

    private static final Goals GOALS =
            new Goals(
                    List.of(
                            new Goal("wall", "how long", 1.2, "ratio", null, false),
                            new Goal("memory", "how much", 120, "MiB", 96.0, true),
                            new Goal("start", "how soon", 0.8, "s", 0.5, true)));

    @Test
    void theMedianOfAnOddNumberIsTheOneInTheMiddle() {
        Figure figure = new Figure("wall", "ratio", List.of(9.0, 1.0, 2.0));

        assertThat(figure.median()).isEqualTo(2);
        assertThat(figure.min()).isEqualTo(1);
        assertThat(figure.max()).isEqualTo(9);
    }

    @Test
    void theMedianOfAnEvenNumberIsBetweenTheTwoInTheMiddle() {
        assertThat(new Figure("wall", "ratio", List.of(4.0, 1.0, 2.0, 100.0)).median())
                .isEqualTo(3);
    }

    @Test
    void nothingMeasuredIsNoFigure() {
        assertThatThrownBy(() -> new Figure("wall", "ratio", List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ratiosAreOfWhatWasMeasuredSideBySide() {
        assertThat(Figure.ratio("wall", List.of(3.0, 10.0), List.of(2.0, 5.0)).values())
                .containsExactly(1.5, 2.0);
        assertThatThrownBy(() -> Figure.ratio("wall", List.of(3.0), List.of(2.0, 5.0)))
                .hasMessageContaining("wall");
    }

    @Test
    void aFigureIsTheSameWhenItWasWrittenAndRead() throws Exception {
        Figure figure = new Figure("wall", "ratio", List.of(1.25, 1.5));
        var mapper = new com.fasterxml.jackson.databind.ObjectMapper();

        assertThat(Figure.of(mapper.valueToTree(figure.json()))).isEqualTo(figure);
    }

    @Test
    void whatIsOverItsGoalByMoreThanHalfIsOneLine() {
        assertThat(over("wall", 1.81, false))
                .singleElement()
                .isEqualTo(
                        "wall: found 1.810 ratio; allowed: 1.800, the goal of 1.200 and half of it");
    }

    @Test
    void aMachineThatDoesOtherThingsTooIsNoFault() {
        assertThat(over("wall", 1.79, false)).isEmpty();
    }

    @Test
    void theMiddleCountsAndNotOneBadTime() {
        assertThat(GOALS.over(List.of(new Figure("wall", "ratio", List.of(1.0, 9.0, 1.1))), false))
                .isEmpty();
    }

    @Test
    void whatIsNoNumberIsOverItsGoal() {
        assertThat(over("wall", Double.NaN, false)).hasSize(1);
    }

    @Test
    void whatIsForARuntimeOfItsOwnIsNotAskedOfPlainJava() {
        assertThat(over("memory", 200, false)).isEmpty();
        assertThat(over("memory", 200, true)).hasSize(1);
    }

    @Test
    void aSlowMachineIsNoReasonToTurnAChangeDown() {
        assertThat(over("start", 2.5, true)).isEmpty();
    }

    @Test
    void whatHasNoGoalIsOnlyShown() {
        assertThat(over("other", 1e9, true)).isEmpty();
    }

    @Test
    void theGoalsOfTheProductCanBeRead() throws Exception {
        assertThat(Goals.read(Path.of("bench/goals.json")).all())
                .extracting(Goal::figure)
                .contains("run-callbacks", "run-asking", "start", "targets-wall", "targets-heap")
                .doesNotHaveDuplicates();
    }

    private static List<String> over(String name, double value, boolean hasRuntime) {
        return GOALS.over(List.of(Figure.of(name, "ratio", value)), hasRuntime);
    }
}
