package io.github.clickhousebackupagent.internal.route;

import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Takes in how hooks ended. Nothing of what they leave in their messages gets into the run. */
public final class HookAnswers implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange before, Exchange answer) {
        throw new UnsupportedOperationException("only with the exchange of the run");
    }

    @Override
    public Exchange aggregate(Exchange before, Exchange answer, Exchange run) {
        run.getProperty(Hooks.CALL, HookCall.class).answered(answer);
        return null;
    }
}
