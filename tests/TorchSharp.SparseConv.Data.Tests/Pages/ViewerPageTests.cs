using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class ViewerPageTests
{
    private static readonly ClassPalette Classes = new(
        ["void", "</script><b>car"],
        [new(0, 0, 0), new(100, 150, 245)],
        ignoreLabel: 0
    );
    private static readonly PointCloud Cloud = new(
        [0, 0, 0, 10, -20, 3, 2.5f, -7, 3, 4, 4, 1.25f],
        labels: [0, 1, 1, 1]
    );

    [Test]
    public void The_data_decodes_to_the_points_and_labels_given()
    {
        var page = Render();
        var scene = page.Json("scene");
        var panes = scene.GetProperty("panes").EnumerateArray().ToArray();
        var layers = panes.Select(pane => pane.GetProperty("layers")[0]).ToArray();
        Assert.That(Decoded(page, layers[0]), Is.EqualTo(Cloud.Positions).Within(20 / 65534.0));
        Assert.Multiple(() =>
        {
            Assert.That(
                panes.Select(pane => pane.GetProperty("name").GetString()),
                Is.EqualTo(new[] { "Truth", "Guess" })
            );
            Assert.That(page.Column<byte>(layers[1], "label"), Is.EqualTo(new byte[] { 1, 1, 0, 1 }));
            Assert.That(scene.GetProperty("ignore").GetInt32(), Is.Zero);
            Assert.That(scene.GetProperty("classes")[1].GetProperty("name").GetString(), Is.EqualTo(Classes.Names[1]));
            Assert.That(scene.GetProperty("classes")[1].GetProperty("color").GetString(), Is.EqualTo("#6496f5"));
            Assert.That(
                layers[1].GetProperty("places").GetInt32(),
                Is.EqualTo(layers[0].GetProperty("places").GetInt32()),
                "clouds made from one another share their positions"
            );
        });
    }

    [Test]
    public void Numbers_keep_their_values_in_the_smallest_type_that_holds_them()
    {
        var cloud = new PointCloud(
            new float[9],
            Origin.Zero,
            new PointAttribute("ring", new[] { -3, 60, 2 }),
            new PointAttribute("time", new[] { 3e9, 3e9 + 0.5, double.NaN }),
            new PointAttribute("range", new ushort[] { 7, 7 + 256, 8 }),
            new PointAttribute("normal", new float[] { 0, 0, 1, 0, 1, 0, 0, 0, 1 }, 3),
            new PointAttribute("same", new[] { 5, 5, 5 })
        );
        var page = new PageText(new ViewerPage("x").Add("all", cloud).Write);
        var layer = page.Json("scene").GetProperty("panes")[0].GetProperty("layers")[0];
        var columns = layer.GetProperty("columns").EnumerateArray().ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(
                columns.Select(column => $"{column.GetProperty("name")} {column.GetProperty("kind")}"),
                Is.EqualTo(new[] { "ring u8", "time f32", "range u16", "normal y f32", "normal z f32" }),
                "a column of one value alone has nothing to show"
            );
            Assert.That(page.Column<byte>(layer, "ring"), Is.EqualTo(new byte[] { 0, 63, 5 }));
            Assert.That(columns[0].GetProperty("low").GetDouble(), Is.EqualTo(-3));
            Assert.That(columns[0].GetProperty("high").GetDouble(), Is.EqualTo(60));
            Assert.That(page.Column<float>(layer, "time"), Is.EqualTo(new[] { 0, 0.5f, float.NaN }));
            Assert.That(page.Column<ushort>(layer, "range"), Is.EqualTo(new ushort[] { 0, 256, 1 }));
            Assert.That(page.Column<float>(layer, "normal z"), Is.EqualTo(new float[] { 1, 0, 1 }));
        });
    }

    [TestCaseSource(nameof(Colors))]
    public void Colours_become_8_bits_a_channel(Array values, int components, byte[] expected)
    {
        var cloud = new PointCloud(new float[6], Origin.Zero, new PointAttribute("color", values, components));
        var page = new PageText(new ViewerPage("x").Add("all", cloud).Write);
        var layer = page.Json("scene").GetProperty("panes")[0].GetProperty("layers")[0];
        Assert.That(page.Column<byte>(layer, "color"), Is.EqualTo(expected));
    }

    private static IEnumerable<TestCaseData> Colors()
    {
        yield return new(new byte[] { 1, 2, 3, 4, 5, 255 }, 3, new byte[] { 1, 2, 3, 4, 5, 255 });
        yield return new(new byte[] { 1, 2, 3, 9, 4, 5, 6, 9 }, 4, new byte[] { 1, 2, 3, 4, 5, 6 });
        yield return new(new ushort[] { 0, 257, 65535, 514, 128, 129 }, 3, new byte[] { 0, 1, 255, 2, 0, 1 });
        yield return new(new ushort[] { 1, 2, 3, 4, 5, 255 }, 3, new byte[] { 1, 2, 3, 4, 5, 255 });
        yield return new(new[] { 0, 1, 0.5f, 2, -1, float.NaN }, 3, new byte[] { 0, 255, 128, 255, 0, 0 });
    }

    [Test]
    public void Labels_without_names_are_classes_by_their_numbers()
    {
        var cloud = new PointCloud(new float[9], labels: [7, -1, 7]);
        var page = new PageText(new ViewerPage("x").Add("all", cloud).Write);
        var scene = page.Json("scene");
        Assert.Multiple(() =>
        {
            Assert.That(
                scene.GetProperty("classes").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()),
                Is.EqualTo(new[] { "class -1", "class 7" })
            );
            Assert.That(
                page.Column<byte>(scene.GetProperty("panes")[0].GetProperty("layers")[0], "label"),
                Is.EqualTo(new byte[] { 1, 0, 1 })
            );
        });
    }

    [Test]
    public void More_labels_than_a_legend_can_hold_are_numbers()
    {
        var cloud = new PointCloud(new float[3 * 257], labels: [.. Enumerable.Range(0, 257)]);
        var scene = new PageText(new ViewerPage("x").Add("all", cloud).Write).Json("scene");
        var column = scene.GetProperty("panes")[0].GetProperty("layers")[0].GetProperty("columns")[0];
        Assert.That(column.GetProperty("kind").GetString(), Is.EqualTo("u16"));
        Assert.That(scene.GetProperty("classes").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Clouds_of_other_origins_lie_apart()
    {
        var far = new PointCloud([1, 2, 3, 2, 3, 4], new Origin(1e6, 2e6, 0));
        var near = new PointCloud([0, 0, 0, 1, 1, 1], new Origin(1e6 - 5, 2e6, 1));
        var page = new PageText(new ViewerPage("x").Add("far", far).Add("near", near).Write);
        var corners = page.Json("scene")
            .GetProperty("panes")
            .EnumerateArray()
            .Select(pane => Numbers(pane.GetProperty("layers")[0], "corner"))
            .ToArray();
        Assert.That(corners, Is.EqualTo(new[] { new double[] { 1, 2, 3 }, [-5, 0, 1] }));
    }

    [Test]
    public void Points_that_are_nowhere_are_marked()
    {
        var cloud = new PointCloud([0, 0, 0, float.NaN, 1, 1, 2, 2, 2, 0, float.PositiveInfinity, 0]);
        var page = new PageText(new ViewerPage("x").Add("depth", cloud).Write);
        var places = page.Block<ushort>(0);
        Assert.That(places[3..6], Is.All.EqualTo(ushort.MaxValue));
        Assert.That(places[9..], Is.All.EqualTo(ushort.MaxValue));
        Assert.That(places[..3].Concat(places[6..9]), Is.All.LessThan(ushort.MaxValue));
    }

    [Test]
    public void Voxels_are_boxes_of_their_stride_in_the_place_of_their_points()
    {
        var level = new VoxelLevel([-2, 0, 5, 1, 1, 5], 4, 0.1) { Origin = new Origin(10, 0, 0) };
        var page = new PageText(new ViewerPage("x").Add("points", Cloud).AddLevels("voxels", level).Write);
        var layer = page.Json("scene").GetProperty("panes")[1].GetProperty("layers")[0];
        Assert.Multiple(() =>
        {
            Assert.That(layer.GetProperty("name").GetString(), Is.EqualTo("stride 4"));
            Assert.That(Numbers(layer, "box"), Is.EqualTo(new[] { 0.4, 0.4, 0.4 }).Within(1e-12));
            Assert.That(
                Decoded(page, layer),
                Is.EqualTo(new[] { 10 - 0.6, 0.2, 2.2, 10 + 0.6, 0.6, 2.2 }).Within(1e-9)
            );
        });
    }

    [Test]
    public void The_page_loads_nothing_from_anywhere()
    {
        var page = Render();
        Assert.Multiple(() =>
        {
            // The browser itself refuses every load, whatever the script may try.
            Assert.That(
                page.Html,
                Does.Contain(
                    "Content-Security-Policy\" content=\"default-src 'none'; "
                        + "script-src 'unsafe-inline'; style-src 'unsafe-inline'\""
                )
            );
            Assert.That(Regex.IsMatch(page.OutsideScripts, @"\b(src|href)\s*=|url\(|@import"), Is.False);
            Assert.That(Regex.Count(page.Html, "<script"), Is.EqualTo(2 + 3), "the viewer, the scene and three blocks");
            Assert.That(Regex.Count(page.Html, "</script>"), Is.EqualTo(2 + 3), "no name or string may end them early");
        });
    }

    [Test]
    public void Three_keeps_its_licence() =>
        Assert.That(Render().Html, Does.Contain("three.js authors").And.Contain("MIT License"));

    [Test]
    public void Title_and_subtitle_are_text_not_markup()
    {
        var page = Render().Html;
        Assert.That(page, Does.Contain("A &lt;b&gt; &amp; {{scene}}").And.Contain("x &lt; y"));
        Assert.That(page, Does.Not.Contain("A <b>"));
    }

    [Test]
    public void A_flat_cloud_and_an_empty_one_make_a_page()
    {
        foreach (var cloud in new[] { new PointCloud([1, 1, 5, 2, 2, 5]), new PointCloud([]) })
        {
            var page = new PageText(
                new ViewerPage("flat").Add("all", cloud).AddLevels("v", new VoxelLevel([], 1, 1)).Write
            );
            Assert.That(page.Block<ushort>(0), Has.Length.EqualTo(cloud.Positions.Length));
        }
    }

    [Test]
    public void Mistakes_are_named()
    {
        var page = new ViewerPage("x") { Classes = Classes };
        Assert.Multiple(() =>
        {
            Assert.That(
                () => page.Add("Truth", Cloud.WithLabels([0, 1, 2, 0])),
                Throws.ArgumentException.With.Message.Contains("label[2] is 2, must be a class from 0 to 1")
            );
            Assert.That(
                () => page.Add("Truth", Cloud.With(new PointAttribute("prediction", new[] { 0, 1, 0.5f, 0 }))),
                Throws.ArgumentException.With.Message.Contains("prediction[2] is 0.5")
            );
            Assert.That(
                () => page.AddLevels("none"),
                Throws.ArgumentException.With.Message.Contains("levels is empty")
            );
            Assert.That(
                () => page.Write(Stream.Null),
                Throws.InvalidOperationException.With.Message.Contains("no pane")
            );
            Assert.That(
                () =>
                    new ViewerPage("x") { ColorBy = "depth" }
                        .Add("Truth", Cloud)
                        .Write(Stream.Null),
                Throws.InvalidOperationException.With.Message.EqualTo(
                    "ColorBy is depth, must be one of label, height, error"
                )
            );
        });
    }

    private static PageText Render() =>
        new(
            new ViewerPage("A <b> & {{scene}}") { Subtitle = "x < y", Classes = Classes }
                .Add("Truth", Cloud)
                .Add("Guess", Cloud.WithLabels([1, 1, 0, 1]))
                .Write
        );

    private static double[] Decoded(PageText page, JsonElement layer)
    {
        var (corner, cell) = (Numbers(layer, "corner"), Numbers(layer, "cell"));
        return
        [
            .. page.Block<ushort>(layer.GetProperty("places").GetInt32())
                .Select((step, i) => corner[i % 3] + step * cell[i % 3]),
        ];
    }

    private static double[] Numbers(JsonElement layer, string name) =>
        [.. layer.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
