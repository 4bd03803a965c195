package io.github.clickhousebackupagent.internal.route;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.DataFormatDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.FilterDefinition;
import org.apache.camel.model.LogDefinition;
import org.apache.camel.model.LoopDefinition;
import org.apache.camel.model.MarshalDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RemoveHeaderDefinition;
import org.apache.camel.model.RemoveHeadersDefinition;
import org.apache.camel.model.RemovePropertyDefinition;
import org.apache.camel.model.SetHeaderDefinition;
import org.apache.camel.model.SetPropertyDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.UnmarshalDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.model.language.MethodCallExpression;

/** What is written on a step of which a route says nothing: its parts, in short. */
final class StepTexts {

    /** How a route tells which stage of a run begins. */
    private static final Pattern STAGE = Pattern.compile("enter\\(.*'([A-Z_]+)'\\s*\\)");

    private StepTexts() {}

    /** Returns what a step does. */
    static String of(ProcessorDefinition<?> step) {
        if (step instanceof SetPropertyDefinition set) {
            return set.getName() + " = " + condition(set);
        } else if (step instanceof SetHeaderDefinition set) {
            return "header " + set.getName() + " = " + condition(set);
        } else if (step instanceof RemoveHeadersDefinition remove) {
            return "remove headers " + remove.getPattern();
        } else if (step instanceof RemoveHeaderDefinition remove) {
            return "remove header " + remove.getName();
        } else if (step instanceof RemovePropertyDefinition remove) {
            return "remove " + remove.getName();
        } else if (step instanceof BeanDefinition) {
            return method(step).map(StepTexts::call).orElse("bean");
        } else if (step instanceof LogDefinition log) {
            return "log: " + plain(String.valueOf(log.getMessage()));
        } else if (step instanceof UnmarshalDefinition data) {
            return "read " + name(data.getDataFormatType());
        } else if (step instanceof MarshalDefinition data) {
            return "write " + name(data.getDataFormatType());
        } else if (step instanceof TryDefinition) {
            return "try";
        } else if (step instanceof ChoiceDefinition) {
            return "which?";
        } else if (step instanceof LoopDefinition loop) {
            return (Boolean.parseBoolean(loop.getDoWhile()) ? "while " : "times: ")
                    + condition(loop);
        } else if (step instanceof SplitDefinition split) {
            return "for each of " + condition(split);
        } else if (step instanceof EndpointRequiredDefinition to) {
            return plain(to.getEndpointUri().replaceFirst("\\?.*", ""));
        } else if (step instanceof ToDynamicDefinition to) {
            return plain(to.getUri().replaceFirst("\\?.*", ""));
        } else if (step instanceof FilterDefinition filter) {
            return condition(filter) + "?";
        } else if (step instanceof ExpressionNode node) {
            String what = condition(node);
            return words(step.getShortName()) + (what.isEmpty() ? "" : ": " + what);
        }
        return words(step.getShortName());
    }

    private static String condition(ExpressionNode step) {
        return condition(step.getExpression());
    }

    /** Returns an expression as it is read best. */
    static String condition(ExpressionDefinition expression) {
        return method(expression)
                .map(StepTexts::call)
                .or(() -> Optional.ofNullable(expression).map(e -> plain(e.getExpression())))
                .filter(text -> !text.isBlank())
                .orElse("''");
    }

    /** Returns which failures are meant. */
    static String failures(String word, List<String> exceptions) {
        String names =
                exceptions.stream()
                        .map(name -> name.substring(name.lastIndexOf('.') + 1))
                        .filter(name -> !name.equals("Exception") && !name.equals("Throwable"))
                        .collect(Collectors.joining(", "));
        return names.isEmpty() ? word : names;
    }

    /** Returns the method of a bean that a step calls, as {@code runs.begin}. */
    static Optional<String> call(ProcessorDefinition<?> step) {
        return method(step).map(StepTexts::call);
    }

    /** Returns the stage of a run that a step begins. */
    static Optional<String> stage(ProcessorDefinition<?> step) {
        return method(step)
                .map(Call::method)
                .map(STAGE::matcher)
                .filter(Matcher::find)
                .map(found -> found.group(1));
    }

    /** A call of a bean, as the route has it. */
    private record Call(String bean, String method) {}

    private static Optional<Call> method(ProcessorDefinition<?> step) {
        if (step instanceof BeanDefinition bean) {
            String name =
                    Stream.of(bean.getRef(), bean.getBeanType())
                            .filter(each -> each != null)
                            .findFirst()
                            .orElse("bean");
            return Optional.of(new Call(name, bean.getMethod() == null ? "" : bean.getMethod()));
        }
        return step instanceof ExpressionNode node
                ? method(node.getExpression())
                : Optional.empty();
    }

    private static Optional<Call> method(ExpressionDefinition expression) {
        if (expression instanceof MethodCallExpression call) {
            String name =
                    Stream.of(call.getRef(), call.getBeanTypeName())
                            .filter(each -> each != null)
                            .findFirst()
                            .orElse("bean");
            return Optional.of(new Call(name, call.getMethod() == null ? "" : call.getMethod()));
        }
        return Optional.empty();
    }

    private static String call(Call call) {
        String method = call.method().replaceFirst("\\(.*", "");
        return method.isEmpty() ? call.bean() : call.bean() + "." + method;
    }

    /** Leaves out of an expression what all have in common. */
    private static String plain(String text) {
        return text.strip()
                .replaceAll("\\$\\{(?:exchangeProperty\\.)?([^{}]*)\\}", "$1")
                .replaceAll("\\s+", " ");
    }

    private static String name(DataFormatDefinition format) {
        return format == null ? "data" : words(format.getDataFormatName());
    }

    /** Returns a name such as {@code convertBodyTo} as words. */
    private static String words(String name) {
        return name.replaceAll("([a-z])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    }
}
