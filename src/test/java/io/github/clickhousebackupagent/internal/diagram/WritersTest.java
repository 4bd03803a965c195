package io.github.clickhousebackupagent.internal.diagram;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.diagram.Graph.Shape;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What users write into their routes must not break the picture of them. */
class WritersTest {

    private static final String NASTY =
            "Says \"no\" & <b>stops</b> `now`; #1 [a] {b} |c| \\ – Grüße 备份 💾";

    private static final String LONG =
            "https://hooks.example.com/" + "services/".repeat(12) + "x".repeat(80);

    @Test
    void quotesAndBracketsDoNotEndALabelOfMermaid() {
        String mermaid = MermaidWriter.write(graph(NASTY));

        assertThat(mermaid.lines().filter(line -> line.contains("r_a[")))
                .singleElement()
                .asString()
                .contains("#34;no#34;", "#38;", "#60;b#62;stops", "#96;now#96;#59;", "#35;1 [a]")
                .contains("Grüße", "备份", "💾")
                .matches("\\s*r_a\\[\"[^\"]*\"\\]");
    }

    @Test
    void aLabelThatLooksLikeAListIsNoneForMermaid() {
        assertThat(MermaidWriter.escape("1. first")).isEqualTo("1#46; first");
        assertThat(MermaidWriter.escape("- first")).isEqualTo("#45; first");
    }

    @Test
    void quotesAndBracketsDoNotEndALabelOfDot() {
        String dot = DotWriter.write(graph(NASTY));

        assertThat(dot).contains("&quot;no&quot; &amp;", "&lt;b&gt;stops&lt;/b&gt;", "备份");
        assertThat(dot).contains("label = \"Says \\\"no\\\" & <b>stops");
    }

    @Test
    void quotesAndBracketsLeaveAnSvgValid() throws Exception {
        Document svg = parse(SvgWriter.write(graph(NASTY)));

        assertThat(svg.getElementsByTagName("title").item(0).getTextContent()).isEqualTo(NASTY);
        assertThat(texts(svg)).anyMatch(text -> text.contains("💾"));
        assertThat(svg.getElementsByTagName("b").getLength()).isZero();
    }

    @Test
    void controlCharactersLeaveAnSvgValid() throws Exception {
        assertThat(texts(parse(SvgWriter.write(graph("a\u0000b\u0007c"))))).contains("abc");
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void longTextStaysWithinItsBox(Shape shape) throws Exception {
        Graph graph = new Graph("", List.of(), List.of(node("r_a", null, shape, LONG)), List.of());
        Layout.Box box = Layout.of(graph).box("r_a");

        List<String> lines = Look.lines(graph.nodes().get(0));

        assertThat(lines).hasSizeGreaterThan(3).allMatch(line -> line.length() <= 24);
        assertThat(String.join("", lines)).isEqualTo(LONG);
        assertThat(lines)
                .allSatisfy(
                        line -> assertThat(Words.width(line, Layout.TEXT)).isLessThan(box.width()));
        assertThat(lines.size() * Layout.LINE).isLessThan(box.height());
        parse(SvgWriter.write(graph));
    }

    @Test
    void theTitleOfAFrameStaysWithinTheFrame() throws Exception {
        Graph graph =
                new Graph(
                        "",
                        List.of(
                                new Cluster(
                                        "r_f",
                                        null,
                                        "f",
                                        "Does one thing after the other, and then many more",
                                        Tone.PLAIN)),
                        List.of(node("r_a", "r_f", Shape.STEP, "a")),
                        List.of());
        Layout layout = Layout.of(graph);

        List<String> title = layout.title(graph.clusters().get(0));

        assertThat(title).hasSizeGreaterThan(2);
        assertThat(title)
                .allSatisfy(
                        line ->
                                assertThat(Words.width(line, Layout.LABEL))
                                        .isLessThan(Math.max(120, layout.box("r_f").width())));
        assertThat(layout.box("r_a").y())
                .isGreaterThan(layout.box("r_f").y() + title.size() * Layout.LABEL_LINE);
    }

    @Test
    void thePictureIsTheSameEachTime() {
        assertThat(SvgWriter.write(graph("a"))).isEqualTo(SvgWriter.write(graph("a")));
    }

    @Test
    void anSvgNeedsNothingFromElsewhere() {
        assertThat(SvgWriter.write(graph("a")).replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("http", "@import", "<script", "href");
    }

    @Test
    void failuresAndLoopsAreToldFromTheGoodWay() {
        String mermaid = MermaidWriter.write(graph("a"));

        assertThat(mermaid).contains("r_a -.->|\"fails\"| r_b", "r_c{{", "class r_b error");
        assertThat(DotWriter.write(graph("a"))).contains("style = dashed", "shape = hexagon");
    }

    @Test
    void whatOnlyOrdersThePictureIsNotDrawn() throws Exception {
        Graph graph = graph("a");

        assertThat(MermaidWriter.write(graph)).contains("r_b ~~~ r_c");
        assertThat(DotWriter.write(graph)).contains("r_b -> r_c [style = invis]");
        assertThat(parse(SvgWriter.write(graph)).getElementsByTagName("path").getLength())
                .as("two edges and the heads of their arrows")
                .isEqualTo(4);
    }

    private static Graph graph(String text) {
        return new Graph(
                text,
                List.of(new Cluster("r_f", null, "frame", text, Tone.PLAIN)),
                List.of(
                        node("r_a", "r_f", Shape.STEP, text),
                        new Node(
                                "r_b",
                                null,
                                Shape.STEP,
                                null,
                                "b",
                                Tone.ERROR,
                                null,
                                "r",
                                Set.of(),
                                Passed.NO,
                                0),
                        node("r_c", "r_f", Shape.LOOP, "c")),
                List.of(
                        new Edge("r_a", "r_b", "fails", Way.ERROR, false, Passed.NO),
                        new Edge("r_a", "r_c", "", Way.FLOW, true, Passed.NO),
                        new Edge("r_b", "r_c", "", Way.BELOW, false, Passed.NO)));
    }

    private static Node node(String id, String cluster, Shape shape, String text) {
        return new Node(
                id, cluster, shape, null, text, Tone.PLAIN, null, "r", Set.of(), Passed.NO, 0);
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> texts(Document svg) {
        NodeList all = svg.getElementsByTagName("text");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < all.getLength(); i++) {
            texts.add(((Element) all.item(i)).getTextContent());
        }
        return texts;
    }
}
