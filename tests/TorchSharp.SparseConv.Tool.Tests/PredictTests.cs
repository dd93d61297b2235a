using System.Text.Json;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Tool.Tests;

internal sealed class PredictTests : FolderTests
{
    private string _model = null!;

    [SetUp]
    public void MakeModel() => _model = Small.Model(Folder);

    private static int[] Expected(string model, PointCloud cloud)
    {
        using var classifier = PointClassifier.Load(model);
        return classifier.Predict(cloud.Positions, name => cloud.Find(name)?.Values.ToSingle());
    }

    [Test]
    public void Every_point_gets_a_label_in_every_file_that_is_asked_for()
    {
        var file = Small.Ply(Folder);
        string[] outputs = [Folder["p.ply"], Folder["new/p.las"], Folder["p.label"]];
        var report = Sparseconv.Json("predict", _model, file, "--out", outputs[0], outputs[1], outputs[2]);
        var classes = Expected(_model, Small.Cloud());
        int[] labels = [.. classes.Select(index => new[] { 7, 4, 9 }[index])];
        Assert.That(classes, Is.All.InRange(1, 2));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(PointCloudFile.Read(outputs[0]).Labels, Is.EqualTo(labels));
            Assert.That(
                PointCloudFile.Read(outputs[0]).Intensity,
                Is.EqualTo(Small.Cloud().Intensity),
                "all else stays"
            );
            Assert.That(PointCloudFile.Read(outputs[1]).Labels, Is.EqualTo(labels));
            Assert.That(File.ReadAllBytes(outputs[2]), Is.EqualTo(labels.SelectMany(BitConverter.GetBytes)));
            Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(4));
            Assert.That(report.GetProperty("written").Strings(), Is.EqualTo(outputs));
        }
        Sparseconv.Text("predict", _model, file, "--labels", "class", "--out", outputs[0]);
        Assert.That(PointCloudFile.Read(outputs[0]).Labels, Is.EqualTo(classes));
    }

    [Test]
    public void Labels_of_the_file_are_compared_class_by_class()
    {
        var report = Sparseconv.Json("predict", _model, Small.Ply(Folder));
        // Labels 7, 9, 9, 4 are none, high, high, low; the first is not scored.
        var truth = new[] { 0, 2, 2, 1 };
        var matrix = new ConfusionMatrix(3, ignoreLabel: 0);
        matrix.Add(truth, Expected(_model, Small.Cloud()));
        var classes = report.GetProperty("classes").EnumerateArray().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                classes.Select(entry => entry.GetProperty("name").GetString()),
                Is.EqualTo(["none", "low", "high"])
            );
            Assert.That(classes.Select(entry => entry.GetProperty("labelled").GetInt64()), Is.EqualTo([0L, 1, 2]));
            Assert.That(classes.Sum(entry => entry.GetProperty("predicted").GetInt64()), Is.EqualTo(4));
            Assert.That(classes[2].GetProperty("iou").GetDouble(), Is.EqualTo(matrix.IoU(2)));
            Assert.That(classes[0].GetProperty("iou").ValueKind, Is.EqualTo(JsonValueKind.Null), "does not occur");
            Assert.That(report.GetProperty("mean_iou").GetDouble(), Is.EqualTo(matrix.MeanIoU));
            Assert.That(report.GetProperty("accuracy").GetDouble(), Is.EqualTo(matrix.Accuracy));
            Assert.That(report.GetProperty("not_compared").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
        Assert.That(
            Sparseconv.Text("predict", _model, Small.Ply(Folder)),
            Does.Contain("mean IoU").And.Contain("high")
        );
    }

    [Test]
    public void Without_labels_that_the_model_knows_the_reason_is_told()
    {
        var bare = Small.Ply(Folder, "bare.ply", Small.Cloud().WithLabels(null));
        var report = Sparseconv.Json("predict", _model, bare);
        Assert.That(report.GetProperty("mean_iou").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(report.GetProperty("not_compared").GetString(), Is.EqualTo("the file has no labels"));
        var foreign = Small.Ply(Folder, "foreign.ply", Small.Cloud().WithLabels([7, 8, 9, 4]));
        Assert.That(
            Sparseconv.Text("predict", _model, foreign),
            Does.Contain("label 8 of point 1 is of no class of the model")
        );
    }

    [Test]
    public void Points_without_a_place_are_left_out_only_when_asked()
    {
        var file = Small.Ply(Folder, cloud: Small.WithHole());
        Sparseconv.Fails(2, ["predict", _model, file], "--drop-invalid");
        var report = Sparseconv.Json("predict", _model, file, "--drop-invalid");
        Assert.That(report.GetProperty("points").GetInt32(), Is.EqualTo(3));
        Assert.That(report.GetProperty("dropped_points").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public void An_empty_cloud_has_no_predictions()
    {
        var report = Sparseconv.Json("predict", _model, Small.Ply(Folder, cloud: Small.Cloud().Select([])));
        Assert.That(report.GetProperty("points").GetInt32(), Is.Zero);
        Assert.That(report.GetProperty("mean_iou").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void What_the_file_lacks_is_named()
    {
        var bare = Small.Ply(Folder, "bare.ply", Small.Cloud().Without("intensity"));
        var report = Sparseconv.Json("predict", _model, bare);
        var complete = Sparseconv.Json("predict", _model, Small.Ply(Folder));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("assumed_inputs").Strings(), Is.EqualTo(new[] { "intensity" }));
            Assert.That(complete.GetProperty("assumed_inputs").Strings(), Is.Empty);
            Assert.That(Sparseconv.Text("predict", _model, bare), Does.Contain("intensity: not in the file"));
        }
    }

    [Test]
    public void Mistakes_are_told()
    {
        var file = Small.Ply(Folder);
        Sparseconv.Fails(2, ["predict", Folder.Root, file], "no model directory", "config.json");
        Sparseconv.Fails(2, ["predict", _model, file, "--out", "p.foo"], "\".foo\" is no format of points");
        Sparseconv.Fails(2, ["predict", _model], "sparseconv predict --help");
        Sparseconv.Fails(2, ["predict", _model, file, "--labels", "mine"], "mine");
        Sparseconv.Fails(1, ["predict", _model, Folder["none.ply"]], "no such file");
        var config = Path.Combine(_model, ModelDirectory.ConfigFile);
        var text = File.ReadAllText(config);
        File.WriteAllText(config, text.Replace("\"missing\": 0", "\"missing\": null", StringComparison.Ordinal));
        var bare = Small.Ply(Folder, "bare.ply", Small.Cloud().Without("intensity"));
        Sparseconv.Fails(1, ["predict", _model, bare], "no attribute intensity");
        File.WriteAllText(config, text.Replace("\"width\": 0.05", "\"width\": 0.5", StringComparison.Ordinal));
        Sparseconv.Fails(1, ["predict", _model, file], "model.safetensors");
        File.Delete(Path.Combine(_model, ModelDirectory.WeightsFile));
        Sparseconv.Fails(1, ["predict", _model, file], "model.safetensors", "no such file");
    }
}
