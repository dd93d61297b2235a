using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data.Tests;

public sealed class ViewerPageTests
{
    private static readonly string[] Names = ["void", "</script><b>car"];
    private static readonly Rgb[] Colors = [new(0, 0, 0), new(100, 150, 245)];
    private static readonly PointCloud Cloud = new([0, 0, 0, 10, -20, 3, 2.5f, -7, 3, 4, 4, 1.25f]);

    [Test]
    public void The_data_decodes_to_the_points_and_labels_given()
    {
        using var scene = JsonDocument.Parse(SceneText(Render()));
        var root = scene.RootElement;
        var origin = root.GetProperty("origin").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var cell = root.GetProperty("cell").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var packed = root.GetProperty("positions").GetBytesFromBase64();
        Assert.That(packed, Has.Length.EqualTo(2 * Cloud.Positions.Length));
        for (var i = 0; i < Cloud.Positions.Length; i++)
        {
            var level = BinaryPrimitives.ReadUInt16LittleEndian(packed.AsSpan(2 * i));
            var decoded = origin[i % 3] + level * cell[i % 3];
            Assert.That(decoded, Is.EqualTo(Cloud.Positions[i]).Within(cell[i % 3] / 2 + 1e-9));
        }
        var panels = root.GetProperty("panels").EnumerateArray().ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(
                panels.Select(panel => panel.GetProperty("name").GetString()),
                Is.EqualTo(new[] { "Truth", "Guess" })
            );
            Assert.That(panels[1].GetProperty("labels").GetBytesFromBase64(), Is.EqualTo(new byte[] { 1, 1, 0, 1 }));
            Assert.That(root.GetProperty("ignore").GetInt32(), Is.Zero);
            Assert.That(root.GetProperty("classes")[1].GetProperty("name").GetString(), Is.EqualTo(Names[1]));
            Assert.That(root.GetProperty("classes")[1].GetProperty("color").GetString(), Is.EqualTo("#6496f5"));
        });
    }

    [Test]
    public void The_page_loads_nothing_from_anywhere()
    {
        var page = Render();
        var outsideScripts = Regex.Replace(page, "<script.*?</script>", "", RegexOptions.Singleline);
        Assert.Multiple(() =>
        {
            // The browser itself refuses every load, whatever the script may try.
            Assert.That(
                page,
                Does.Contain(
                    "Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'\""
                )
            );
            Assert.That(Regex.IsMatch(outsideScripts, @"\b(src|href)\s*=|url\(|@import"), Is.False);
            Assert.That(Regex.Count(page, "<script"), Is.EqualTo(2), "the data and the viewer");
            Assert.That(Regex.Count(page, "</script>"), Is.EqualTo(2), "no name or string may end them early");
        });
    }

    [Test]
    public void Three_keeps_its_licence() =>
        Assert.That(Render(), Does.Contain("three.js authors").And.Contain("MIT License"));

    [Test]
    public void Title_and_subtitle_are_text_not_markup()
    {
        var page = Render();
        Assert.That(page, Does.Contain("A &lt;b&gt; &amp; {{scene}}").And.Contain("x &lt; y"));
        Assert.That(page, Does.Not.Contain("A <b>"));
    }

    [Test]
    public void A_flat_cloud_and_an_empty_one_make_a_page()
    {
        foreach (var cloud in new[] { new PointCloud([1, 1, 5, 2, 2, 5]), new PointCloud([]) })
        {
            using var stream = new MemoryStream();
            new ViewerPage("flat", cloud, Names, Colors).AddPanel("Truth", new int[cloud.Count]).Write(stream);
            using var scene = JsonDocument.Parse(SceneText(Encoding.UTF8.GetString(stream.ToArray())));
            Assert.That(scene.RootElement.GetProperty("count").GetInt32(), Is.EqualTo(cloud.Count));
        }
    }

    [Test]
    public void Mistakes_are_named()
    {
        var page = new ViewerPage("x", Cloud, Names, Colors);
        Assert.Multiple(() =>
        {
            Assert.That(() => page.AddPanel("Truth", [1]), Throws.ArgumentException.With.Message.Contains("4 points"));
            Assert.That(
                () => page.AddPanel("Truth", [0, 1, 2, 0]),
                Throws.ArgumentException.With.Message.Contains("labels[2] is 2")
            );
            Assert.That(
                () => page.Write(Stream.Null),
                Throws.InvalidOperationException.With.Message.Contains("AddPanel")
            );
            Assert.That(() => new ViewerPage("x", Cloud, Names, []), Throws.ArgumentException);
        });
    }

    private static string Render()
    {
        using var stream = new MemoryStream();
        new ViewerPage("A <b> & {{scene}}", Cloud, Names, Colors) { Subtitle = "x < y", IgnoreLabel = 0 }
            .AddPanel("Truth", [0, 1, 1, 1])
            .AddPanel("Guess", [1, 1, 0, 1])
            .Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string SceneText(string page) =>
        Regex.Match(page, "<script id=\"scene\"[^>]*>(.*?)</script>", RegexOptions.Singleline).Groups[1].Value;
}
