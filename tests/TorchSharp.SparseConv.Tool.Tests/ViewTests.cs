using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class ViewTests : FolderTests
{
    [Test]
    public void Files_stand_side_by_side_on_a_page_that_needs_no_network()
    {
        string[] files = [Small.Ply(Folder), Small.Ply(Folder, "other.ply", Small.WithHole())];
        var report = Sparseconv.Json("view", files[0], files[1], "--out", Folder["p/page.html"]);
        var page = File.ReadAllText(Folder["p/page.html"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("page").GetString(), Is.EqualTo(Folder["p/page.html"]));
            Assert.That(report.GetProperty("bytes").GetInt64(), Is.EqualTo(new FileInfo(Folder["p/page.html"]).Length));
            Assert.That(
                report.GetProperty("panes").EnumerateArray().Select(pane => pane.GetProperty("file").GetString()),
                Is.EqualTo(files)
            );
            Assert.That(page, Does.StartWith("<!").And.Contain("cloud.ply, other.ply").And.Contain("class 9"));
            Assert.That(page, Does.Not.Match("(src|href)=[\"']?https?:"));
        }
        Assert.That(Sparseconv.Text("view", files[0], "--out", Folder["q.html"]), Does.Contain("4 points"));
    }

    [Test]
    public void Classes_are_those_of_a_model()
    {
        var line = new[] { "view", Small.Ply(Folder), "--model", Small.Model(Folder), "--out", Folder["page.html"] };
        Sparseconv.Text(line);
        var page = File.ReadAllText(Folder["page.html"]);
        Assert.That(page, Does.Contain("\"high\"").And.Not.Contain("class 9"));
        Small.Ply(Folder, cloud: Small.Cloud().WithLabels([1, 4, 7, 9]));
        var run = Sparseconv.Of(line);
        Assert.That(run.Errors, Does.Contain("note: ").And.Contain("label 1 of point 0 is of no class of the model"));
        Assert.That(File.ReadAllText(Folder["page.html"]), Does.Contain("class 9"));
    }

    [Test]
    public void Voxels_of_each_stride_and_a_first_colour_are_a_choice()
    {
        var file = Small.Ply(Folder);
        Sparseconv.Text("view", file, "--voxels", "0.5", "--color-by", "intensity", "--out", Folder["page.html"]);
        Assert.That(File.ReadAllText(Folder["page.html"]), Does.Contain("cloud.ply, voxels"));
    }

    [Test]
    public void A_prediction_is_a_page_where_the_ending_says_so()
    {
        var model = Small.Model(Folder);
        var outputs = new[] { "--out", Folder["p.html"], Folder["p.label"] };
        Sparseconv.Text(["predict", model, Small.Ply(Folder), .. outputs]);
        int[] labelOfClass = [7, 4, 9];
        var predicted = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(Folder["p.label"])).ToArray();
        Assert.That(Pane("Truth").Select(index => labelOfClass[index]), Is.EqualTo(Small.Cloud().Labels));
        Assert.That(Pane("Prediction").Select(index => labelOfClass[index]), Is.EqualTo(predicted));
        Assert.That(Pane("Prediction"), Is.Not.EqualTo(Pane("Truth")));
        var bare = Small.Ply(Folder, "bare.ply", Small.Cloud().WithLabels(null));
        Sparseconv.Text("predict", model, bare, "--out", Folder["p.html"]);
        Assert.That(File.ReadAllText(Folder["p.html"]), Does.Not.Contain("\"Truth\"").And.Contain("\"Prediction\""));

        // The class that colours each point of a pane.
        byte[] Pane(string name)
        {
            var page = new PageText(Folder["p.html"]);
            var panes = page.Json("scene").GetProperty("panes").EnumerateArray();
            var pane = panes.Single(pane => pane.GetProperty("name").ValueEquals(name));
            return page.Column<byte>(pane.GetProperty("layers")[0], "label");
        }
    }

    [Test]
    public void Mistakes_are_told()
    {
        var file = Small.Ply(Folder);
        Sparseconv.Fails(2, ["view"], "sparseconv view --help");
        Sparseconv.Fails(2, ["view", "a.foo"], "\".foo\" is no format of points");
        Sparseconv.Fails(1, ["view", Folder["none.ply"]], "no such file");
        Sparseconv.Fails(2, ["view", file, "--model", Folder.Root], "no model directory");
        Sparseconv.Fails(2, ["view", file, "--voxels", "1", "2"], "--voxels has 2 lengths, must have one");
        Sparseconv.Fails(2, ["view", file, "--color-by", "taste", "--out", Folder["p.html"]], "taste");
        Assert.That(Folder["p.html"], Does.Not.Exist);
    }
}
