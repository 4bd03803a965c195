package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.diagram.Step;
import io.github.clickhousebackupagent.internal.diagram.Step.Branch;
import io.github.clickhousebackupagent.internal.diagram.Step.Case;
import io.github.clickhousebackupagent.internal.diagram.Step.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.model.CatchDefinition;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.CircuitBreakerDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.InterceptDefinition;
import org.apache.camel.model.InterceptFromDefinition;
import org.apache.camel.model.InterceptSendToEndpointDefinition;
import org.apache.camel.model.LoadBalanceDefinition;
import org.apache.camel.model.LoopDefinition;
import org.apache.camel.model.MulticastDefinition;
import org.apache.camel.model.OnCompletionDefinition;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.OptionalIdentifiedDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RollbackDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.StopDefinition;
import org.apache.camel.model.ThrowExceptionDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.WhenDefinition;
import org.apache.camel.model.WireTapDefinition;

/** Reads steps as Camel's model has them. */
final class StepReader {

    /** What has its addresses in an expression. */
    private static final Set<String> BY_EXPRESSION =
            Set.of("recipientList", "routingSlip", "dynamicRouter", "enrich", "pollEnrich");

    private StepReader() {}

    /** Returns what is done one after the other. */
    static List<Step> steps(List<ProcessorDefinition<?>> outputs) {
        List<ProcessorDefinition<?>> way = outputs.stream().filter(StepReader::isOfTheWay).toList();
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < way.size(); i++) {
            Optional<Step> hook =
                    i + 1 < way.size()
                            ? HookSteps.of(way.get(i), way.get(i + 1))
                            : Optional.empty();
            steps.add(hook.isPresent() ? hook.get() : step(way.get(i)));
            i += hook.isPresent() ? 1 : 0;
        }
        return List.copyOf(steps);
    }

    /** Returns whether a step is done in its turn, and not at other times or around others. */
    private static boolean isOfTheWay(ProcessorDefinition<?> output) {
        return !(output instanceof OnExceptionDefinition
                || output instanceof OnCompletionDefinition
                || output instanceof InterceptDefinition
                || output instanceof InterceptFromDefinition
                || output instanceof InterceptSendToEndpointDefinition);
    }

    private static Step step(ProcessorDefinition<?> step) {
        return new Step(
                kind(step),
                step.hasCustomIdAssigned() ? step.getId() : null,
                step.getDescriptionText(),
                StepTexts.of(step),
                uris(step),
                branches(step),
                StepTexts.call(step).map(Set::of).orElse(Set.of()),
                StepTexts.stage(step).orElse(null));
    }

    private static Kind kind(ProcessorDefinition<?> step) {
        if (step instanceof ChoiceDefinition || step instanceof LoadBalanceDefinition) {
            return Kind.CHOICE;
        } else if (step instanceof TryDefinition) {
            return Kind.TRY;
        } else if (step instanceof MulticastDefinition) {
            return Kind.FORK;
        } else if (step instanceof WireTapDefinition) {
            return Kind.TAP;
        } else if (step instanceof FilterDefinition) {
            return Kind.FILTER;
        } else if (step instanceof LoopDefinition) {
            return Kind.LOOP;
        } else if (step instanceof SplitDefinition) {
            return Kind.SPLIT;
        } else if (step instanceof StopDefinition
                || step instanceof ThrowExceptionDefinition
                || step instanceof RollbackDefinition) {
            return Kind.STOP;
        } else if (!uris(step).isEmpty()) {
            return Kind.SEND;
        }
        return step.getOutputs().isEmpty() ? Kind.PLAIN : Kind.GROUP;
    }

    private static List<String> uris(ProcessorDefinition<?> step) {
        if (step instanceof EndpointRequiredDefinition to) {
            return Stream.ofNullable(to.getEndpointUri()).toList();
        }
        if (step instanceof ToDynamicDefinition to) {
            return Stream.ofNullable(to.getUri()).toList();
        }
        if (step instanceof ExpressionNode node && BY_EXPRESSION.contains(step.getShortName())) {
            return Stream.ofNullable(node.getExpression())
                    .map(expression -> expression.getExpression())
                    .filter(text -> text != null && text.contains(":"))
                    .flatMap(text -> Stream.of(text.split(",")))
                    .map(String::strip)
                    .toList();
        }
        return List.of();
    }

    private static List<Branch> branches(ProcessorDefinition<?> step) {
        List<Branch> branches = new ArrayList<>();
        if (step instanceof ChoiceDefinition choice) {
            for (WhenDefinition when : choice.getWhenClauses()) {
                branches.add(
                        branch(
                                Case.WHEN,
                                when,
                                StepTexts.condition(when.getExpression()),
                                when.getOutputs()));
            }
            if (choice.getOtherwise() != null) {
                branches.add(
                        branch(
                                Case.OTHERWISE,
                                choice.getOtherwise(),
                                "otherwise",
                                choice.getOtherwise().getOutputs()));
            }
        } else if (step instanceof TryDefinition attempt) {
            branches.add(branch(Case.WHEN, null, "", attempt.getOutputsWithoutCatches()));
            for (CatchDefinition failure : attempt.getCatchClauses()) {
                String which = StepTexts.failures("fails", failure.getExceptions());
                branches.add(branch(Case.CATCH, failure, which, failure.getOutputs()));
            }
            if (attempt.getFinallyClause() != null) {
                branches.add(
                        branch(
                                Case.FINALLY,
                                attempt.getFinallyClause(),
                                "at last",
                                attempt.getFinallyClause().getOutputs()));
            }
        } else if (step instanceof CircuitBreakerDefinition breaker) {
            branches.add(branch(Case.WHEN, null, "", breaker.getOutputs()));
            if (breaker.getOnFallback() != null) {
                branches.add(
                        branch(
                                Case.CATCH,
                                breaker.getOnFallback(),
                                "fails",
                                breaker.getOnFallback().getOutputs()));
            }
        } else if (step instanceof MulticastDefinition || step instanceof LoadBalanceDefinition) {
            for (ProcessorDefinition<?> each : step.getOutputs()) {
                branches.add(branch(Case.OTHERWISE, null, "", List.of(each)));
            }
        } else if (!step.getOutputs().isEmpty() || kind(step) == Kind.LOOP) {
            branches.add(branch(Case.WHEN, null, "", step.getOutputs()));
        } else if (step instanceof FilterDefinition || step instanceof SplitDefinition) {
            branches.add(branch(Case.WHEN, null, "", List.of()));
        }
        return List.copyOf(branches);
    }

    private static Branch branch(
            Case kind,
            OptionalIdentifiedDefinition<?> of,
            String text,
            List<ProcessorDefinition<?>> steps) {
        return new Branch(kind, of == null ? null : of.getDescriptionText(), text, steps(steps));
    }
}
