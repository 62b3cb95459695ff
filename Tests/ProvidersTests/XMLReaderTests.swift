import MultipleSpawner
import Testing

@testable import Providers

struct XMLReaderTests {
    private func read(_ text: String) throws -> XMLElement { try XMLReader.read(Array(text.utf8)) }

    @Test func `elements, text, references and sections are read`() throws {
        let root = try read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <a:Response xmlns:a="http://ec2.amazonaws.com/doc/2016-11-15/" empty=''>
                <set><item><name> one &amp; &lt;two&gt; &#x41;&#66;&quot;&apos; </name></item><item/></set>
                <text>x<!-- not this -->y<![CDATA[<z> &amp;]]></text>
                <nothing></nothing>
            </a:Response>
            """)
        #expect(root.name == "Response")
        #expect(root.items("set").count == 2)
        #expect(root.items("set").first?.value("name") == "one & <two> AB\"'")
        #expect(root.value("text") == "xy<z> &amp;")
        #expect(root.value("nothing") == nil)
        #expect(root.value("set", "item", "other") == nil)
    }

    @Test(arguments: [
        "", " ", "text", "<a>", "<a></b>", "<a/><b/>", "<a b/>", "<a b=c/>", "<a b='1'c='2'/>", "<a b='<'/>", "</a>",
        "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#x1F;</a>", "<a>&#xD800;</a>", "<a>&#-1;</a>", "<a>&;</a>", "<a>&amp</a>",
        "<a><![CDATA[x</a>", "<a><!-- x</a>", "<1/>", "< a/>", "<a", "<a ", "<a x='", "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><!DOCTYPE b></a>", "<a>&#99999999999;</a>",
    ])
    func `what is no XML, or more than we want of it, is refused`(_ text: String) {
        #expect(throws: SpawnError.self) { try read(text) }
    }

    @Test func `bytes that are no text are refused`() {
        #expect(throws: SpawnError.self) { try XMLReader.read([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E]) }
    }

    @Test func `depth and number of elements are bounded`() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: SpawnError.self) { try read(deep) }
        let many = "<a>" + String(repeating: "<b/>", count: 600_000) + "</a>"
        #expect(throws: SpawnError.self) { try read(many) }
    }

    @Test func `whatever is cut off or changed, the reader ends with an answer or a refusal`() {
        let text = Array("<R a='b'><s><item>x &amp; <![CDATA[y]]><!-- z --></item></s><?p i?></R>".utf8)
        for end in text.indices { #expect(throws: SpawnError.self) { try XMLReader.read(Array(text[..<end])) } }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let spare = Array("<>&;/!-[]'\"? x\u{0}".utf8)
                changed[Int.random(in: changed.indices, using: &generator)] =
                    spare.randomElement(using: &generator) ?? 0
            }
            _ = try? XMLReader.read(changed)
        }
    }

    @Test func `a long answer is read in a time that is linear in it`() throws {
        func time(_ count: Int) throws -> Duration {
            let text = "<a>" + String(repeating: "<item><x>1 &amp; 2</x></item>", count: count) + "</a>"
            return try ContinuousClock().measure { _ = try read(text) }
        }
        _ = try time(1000)
        #expect(try time(20_000) < time(2_000) * 60 + .milliseconds(200))
    }
}
