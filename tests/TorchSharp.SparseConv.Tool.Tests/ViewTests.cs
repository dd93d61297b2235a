using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class ViewTests
{
    private TempFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Files_stand_side_by_side_on_a_page_that_needs_no_network()
    {
        string[] files = [Small.Ply(_folder), Small.Ply(_folder, "other.ply", Small.WithHole())];
        var report = CommandRun.Json("view", files[0], files[1], "--out", _folder["p/page.html"]);
        var page = File.ReadAllText(_folder["p/page.html"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("page").GetString(), Is.EqualTo(_folder["p/page.html"]));
            Assert.That(
                report.GetProperty("bytes").GetInt64(),
                Is.EqualTo(new FileInfo(_folder["p/page.html"]).Length)
            );
            Assert.That(
                report.GetProperty("panes").EnumerateArray().Select(pane => pane.GetProperty("file").GetString()),
                Is.EqualTo(files)
            );
            Assert.That(page, Does.StartWith("<!").And.Contain("cloud.ply, other.ply").And.Contain("class 9"));
            Assert.That(page, Does.Not.Match("(src|href)=[\"']?https?:"));
        }
        Assert.That(CommandRun.Text("view", files[0], "--out", _folder["q.html"]), Does.Contain("4 points"));
    }

    [Test]
    public void Classes_are_those_of_a_model()
    {
        var line = new[] { "view", Small.Ply(_folder), "--model", Small.Model(_folder), "--out", _folder["page.html"] };
        CommandRun.Text(line);
        var page = File.ReadAllText(_folder["page.html"]);
        Assert.That(page, Does.Contain("\"high\"").And.Not.Contain("class 9"));
        Small.Ply(_folder, cloud: Small.Cloud().WithLabels([1, 4, 7, 9]));
        var run = CommandRun.Of(line);
        Assert.That(run.Errors, Does.Contain("note: ").And.Contain("label 1 of point 0 is of no class of the model"));
        Assert.That(File.ReadAllText(_folder["page.html"]), Does.Contain("class 9"));
    }

    [Test]
    public void Voxels_of_each_stride_and_a_first_colour_are_a_choice()
    {
        var file = Small.Ply(_folder);
        CommandRun.Text("view", file, "--voxels", "0.5", "--color-by", "intensity", "--out", _folder["page.html"]);
        Assert.That(File.ReadAllText(_folder["page.html"]), Does.Contain("cloud.ply, voxels"));
    }

    [Test]
    public void A_prediction_is_a_page_where_the_ending_says_so()
    {
        var model = Small.Model(_folder);
        CommandRun.Text("predict", model, Small.Ply(_folder), "--out", _folder["p.html"]);
        Assert.That(File.ReadAllText(_folder["p.html"]), Does.Contain("\"Truth\"").And.Contain("\"Prediction\""));
        var bare = Small.Ply(_folder, "bare.ply", Small.Cloud().WithLabels(null));
        CommandRun.Text("predict", model, bare, "--out", _folder["p.html"]);
        Assert.That(File.ReadAllText(_folder["p.html"]), Does.Not.Contain("\"Truth\"").And.Contain("\"Prediction\""));
    }

    [Test]
    public void Mistakes_are_told()
    {
        var file = Small.Ply(_folder);
        CommandRun.Fails(2, ["view"], "sparseconv view --help");
        CommandRun.Fails(2, ["view", "a.foo"], "\".foo\" is no format of points");
        CommandRun.Fails(1, ["view", _folder["none.ply"]], "no such file");
        CommandRun.Fails(2, ["view", file, "--model", _folder.Root], "no model directory");
        CommandRun.Fails(2, ["view", file, "--voxels", "1", "2"], "--voxels has 2 lengths, must have one");
        CommandRun.Fails(2, ["view", file, "--color-by", "taste", "--out", _folder["p.html"]], "taste");
        Assert.That(_folder["p.html"], Does.Not.Exist);
    }
}
