using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class TrainingReportPageTests
{
    [Test]
    public void The_data_is_what_was_given()
    {
        var confusion = new ConfusionMatrix(3, ignoreLabel: 0);
        confusion.Add([0, 1, 1, 2, 2, 2], [1, 1, 2, 2, 2, 1]);
        var page = new PageText(
            new TrainingReportPage("run")
            {
                Steps = [new(2.5, 1e-3, 1000), new(double.NaN, 2e-3, double.PositiveInfinity)],
                StepsPerEpoch = 1,
                Scores = [new("validation", 2, 0.5, 0.75), new("training", 1, double.NaN, 0.5)],
                Settings = [new("epochs", "2"), new("voxel size", "0.1 m")],
                Confusion = confusion,
                Classes = new ClassPalette(["void", "car", "road"], ignoreLabel: 0),
            }.Write
        );
        var data = page.Json("data");
        var classes = data.GetProperty("classes").EnumerateArray().ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(data.GetProperty("loss").ToString(), Is.EqualTo("[2.5,null]"));
            Assert.That(data.GetProperty("rate").ToString(), Is.EqualTo("[0.001,0.002]"));
            Assert.That(data.GetProperty("throughput").ToString(), Is.EqualTo("[1000,null]"));
            Assert.That(
                data.GetProperty("scores").ToString(),
                Is.EqualTo(
                    """[{"measured":"training","step":1,"iou":null,"accuracy":0.5},"""
                        + """{"measured":"validation","step":2,"iou":0.5,"accuracy":0.75}]"""
                )
            );
            Assert.That(
                data.GetProperty("settings").ToString(),
                Is.EqualTo("""[["epochs","2"],["voxel size","0.1 m"]]""")
            );
            Assert.That(classes[2].GetProperty("predicted").ToString(), Is.EqualTo("[0,1,2]"));
            Assert.That(classes[2].GetProperty("iou").GetDouble(), Is.EqualTo(0.5));
            Assert.That(classes[0].GetProperty("ignored").GetBoolean(), Is.True);
            Assert.That(classes[0].GetProperty("iou").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(data.GetProperty("accuracy").GetDouble(), Is.EqualTo(0.6).Within(1e-12));
        });
    }

    [Test]
    public void The_page_loads_nothing_and_keeps_names_as_text()
    {
        const string Hostile = "</script><img src=x onerror=alert(1)>{{script}}";
        var confusion = new ConfusionMatrix(1);
        var page = new PageText(
            new TrainingReportPage(Hostile)
            {
                Subtitle = Hostile,
                Scores = [new(Hostile, 1, 0, 0)],
                Settings = [new(Hostile, Hostile)],
                Confusion = confusion,
                Classes = new ClassPalette([Hostile]),
            }.Write
        );
        Assert.Multiple(() =>
        {
            Assert.That(page.Html, Does.Contain("content=\"default-src 'none'; script-src 'unsafe-inline';"));
            Assert.That(Regex.Count(page.Html, "<script"), Is.EqualTo(2));
            Assert.That(Regex.Count(page.Html, "</script>"), Is.EqualTo(2));
            Assert.That(page.Html, Does.Not.Contain("<img"));
            Assert.That(Regex.IsMatch(page.OutsideScripts, @"\b(src|href)\s*=\s*[""']|url\(|@import"), Is.False);
        });
    }

    [Test]
    public void The_chart_library_keeps_its_licence() =>
        Assert.That(
            new PageText(new TrainingReportPage("x").Write).Html,
            Does.Contain("Leon Sorokin").And.Contain("MIT License")
        );

    [Test]
    public void Names_must_be_of_the_matrix() =>
        Assert.That(
            () =>
                new TrainingReportPage("x")
                {
                    Confusion = new ConfusionMatrix(3),
                    Classes = new ClassPalette(["a"]),
                }.Write(Stream.Null),
            Throws.InvalidOperationException.With.Message.Contains("Classes has 1 classes, must have the 3")
        );
}
