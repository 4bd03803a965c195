package io.github.clickhousebackupagent.internal.route;

import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * Makes of a copy of a run's exchange the message that a hook gets: the event and its headers, and
 * nothing of the run. What a hook then does to it, and how it fails, is its own.
 */
public final class HookMessage implements Processor {

    @Override
    public void process(Exchange copy) {
        HookCall call = copy.getProperty(Hooks.CALL, HookCall.class);
        String uri = copy.getProperty(ExchangePropertyKey.TO_ENDPOINT, String.class);
        Set.copyOf(copy.getProperties().keySet()).forEach(copy::removeProperty);
        // What went wrong before, which an outcome is told for, is not the hook's.
        copy.removeProperty(ExchangePropertyKey.EXCEPTION_CAUGHT);
        copy.removeProperty(ExchangePropertyKey.FAILURE_ENDPOINT);
        copy.removeProperty(ExchangePropertyKey.FAILURE_ROUTE_ID);
        copy.setProperty(Hooks.HOOK, uri);
        Message message = copy.getMessage();
        message.removeHeaders("*");
        call.headers().forEach(message::setHeader);
        message.setBody(call.body());
        call.sent(copy, uri);
    }
}
