using System.Text;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

internal sealed class CommandTests : FolderTests
{
    private TempFolder _trained = null!;
    private string _data = null!;
    private CommandRun _training;

    // One training that the tests measure, predict with and export from.
    [OneTimeSetUp]
    public void Train()
    {
        _trained = new TempFolder();
        _data = Small.Kitti(_trained);
        _training = Small.Run(Small.TrainArguments(_data, _trained["out"]));
    }

    [OneTimeTearDown]
    public void DeleteTraining() => _trained.Dispose();

    [Test]
    public void No_command_shows_what_there_is()
    {
        var run = Small.Run();
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("train").And.Contain("eval").And.Contain("predict").And.Contain("export"));
    }

    [TestCase(
        "train",
        "--data",
        "--model",
        "--width",
        "--voxel-size",
        "--epochs",
        "--batch-size",
        "--lr",
        "--schedule"
    )]
    [TestCase(
        "train",
        "--seed",
        "--output",
        "--resume",
        "--class-weights",
        "--threads",
        "--augment",
        "--train-sequences"
    )]
    [TestCase("eval", "--weights", "--data", "--val-sequences")]
    [TestCase("predict", "<scans>", "--weights", "--output")]
    [TestCase("export", "<from>", "<to>")]
    public void Help_of_a_command_lists_its_options(string command, params string[] options)
    {
        var run = Small.Run(command, "--help");
        Assert.That(run.ExitCode, Is.Zero);
        foreach (var option in options)
        {
            Assert.That(run.Output, Does.Contain(option));
        }
    }

    [Test]
    public void Training_ends_with_scores_weights_and_pictures_in_plain_lines()
    {
        var run = _training;
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.Multiple(() =>
        {
            Assert.That(
                run.Output,
                Does.Contain("epoch 2/2 done: mean loss").And.Contain("mIoU").And.Contain("accuracy")
            );
            Assert.That(run.Output, Does.Contain("road"));
            Assert.That(run.Output.Contains('\u001b', StringComparison.Ordinal), Is.False, "no terminal, no colours");
            foreach (
                var file in new[]
                {
                    "checkpoint.zip",
                    "loss.csv",
                    "model/model.safetensors",
                    "model/config.json",
                    "report.html",
                    "pictures/08-000002.prediction.ply",
                    "pictures/08-000002.truth.ply",
                    "pictures/08-000002.html",
                }
            )
            {
                Assert.That(_trained[$"out/{file}"], Does.Exist);
            }
            Assert.That(run.Output, Does.Contain(_trained["out/pictures/08-000002.html"]));
            Assert.That(File.Exists(_trained["out/checkpoint.zip.new"]), Is.False);
        });
    }

    [Test]
    public void A_model_measures_the_same_in_every_form()
    {
        Assert.That(Small.Run("export", _trained["out/checkpoint.zip"], Folder["w/a.dat"]).ExitCode, Is.Zero);
        Assert.That(Small.Run("export", _trained["out/model"], Folder["w/b.safetensors"]).ExitCode, Is.Zero);
        Assert.That(Small.Run("export", _trained["out/checkpoint.zip"], Folder["w/model"]).ExitCode, Is.Zero);
        string[] files = [_trained["out/checkpoint.zip"], _trained["out/model"], Folder["w/model"]];
        foreach (var file in files)
        {
            var eval = Small.Run("eval", "--weights", file, "--data", _data);
            Assert.That(eval.ExitCode, Is.Zero, eval.Errors);
            Assert.That(eval.Output, Does.Contain("mIoU"));
            Assert.That(_training.Output, Does.Contain(eval.Output), file);
        }
        Assert.That(
            File.ReadAllBytes(Folder["w/b.safetensors"]),
            Is.EqualTo(File.ReadAllBytes(_trained["out/model/model.safetensors"]))
        );
    }

    [Test]
    public void A_scan_is_predicted_point_by_point()
    {
        var weights = _trained["out/model"];
        var bare = Folder["bare.bin"];
        var scan = Path.Combine(_data, "sequences/08/velodyne/000002.bin");
        File.Copy(scan, bare);
        var run = Small.Run("predict", bare, scan, "--weights", weights, "--output", Folder["p"]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var count = SemanticKitti.ReadScan(scan).Count;
        var other = Folder["other/000002.bin"];
        Small.Run("predict", other, scan, "--weights", weights).ShouldFail(2, other, scan, "the same name");
        Assert.Multiple(() =>
        {
            Assert.That(SemanticKitti.ReadLabels(Folder["p/bare.label"], count), Is.All.InRange(1, 19));
            Assert.That(
                File.ReadAllBytes(Folder["p/bare.label"]),
                Is.EqualTo(File.ReadAllBytes(Folder["p/000002.label"]))
            );
            Assert.That(Folder["p/bare.prediction.ply"], Does.Exist);
            Assert.That(Folder["p/bare.truth.ply"], Does.Not.Exist);
            Assert.That(Folder["p/000002.truth.ply"], Does.Exist, "the data set has its labels");
            Assert.That(Folder["p/000002.html"], Does.Exist);
        });
    }

    [Test]
    public void A_truncated_scan_is_named()
    {
        var data = Small.Kitti(Folder);
        var scan = Path.Combine(data, "sequences/00/velodyne/000000.bin");
        File.WriteAllBytes(scan, File.ReadAllBytes(scan)[..^5]);
        Small.Run(Small.TrainArguments(data, Folder["out"])).ShouldFail(1, scan, "points of 16 bytes");
    }

    [Test]
    public void Labels_that_do_not_match_are_named()
    {
        var data = Small.Kitti(Folder);
        var labels = Path.Combine(data, "sequences/00/labels/000001.label");
        File.WriteAllBytes(labels, File.ReadAllBytes(labels)[..^4]);
        Small.Run(Small.TrainArguments(data, Folder["out"])).ShouldFail(1, labels, "one uint32 label for each");
    }

    [Test]
    public void A_model_of_another_architecture_names_the_first_mismatches()
    {
        Assert.That(Small.Run("export", _trained["out/model"], Folder["m"]).ExitCode, Is.Zero);
        var config = Folder["m/config.json"];
        var text = File.ReadAllText(config);
        foreach (
            var (from, to, words) in new[]
            {
                ("\"width\": 0.1", "\"width\": 0.08", "of another shape"),
                ("MinkUNet14", "minkunet", "architecture.kind is minkunet"),
                ("\"voxel_size\"", "\"voxels\"", "voxels"),
            }
        )
        {
            File.WriteAllText(config, text.Replace(from, to, StringComparison.Ordinal));
            Small.Run("eval", "--weights", Folder["m"], "--data", _data).ShouldFail(1, Folder["m"], words);
        }
    }

    [Test]
    public void Labels_of_the_models_classes_are_the_data_sets_raw_ids()
    {
        var classes = ModelDirectory.ReadConfig(_trained["out/model"]).Classes;
        Assert.That(classes[1].Name, Is.EqualTo("car"));
        Assert.That(classes[1].Labels, Is.EqualTo(new[] { 10, 252 }));
        Assert.That(classes.SelectMany(entry => entry.Labels), Is.EquivalentTo(SemanticKittiClasses.LearningMap.Keys));
    }

    [Test]
    public void Resuming_what_is_not_there_or_another_run_is_refused()
    {
        Small.Run(Small.TrainArguments(_data, Folder["none"], "--resume")).ShouldFail(2, "checkpoint.zip", "--resume");
        Small
            .Run(Small.TrainArguments(_data, _trained["out"], "--resume", "--lr", "0.5"))
            .ShouldFail(2, "learningRate is 0.5, was 0.01");
        var finished = Small.Run(Small.TrainArguments(_data, _trained["out"], "--resume"));
        Assert.That(finished.ExitCode, Is.Zero, finished.Errors);
        Assert.That(finished.Output, Does.Contain("is finished"));
    }

    [Test]
    public void A_damaged_checkpoint_is_named()
    {
        File.WriteAllBytes(Folder["bad.zip"], Encoding.ASCII.GetBytes("PK and then nothing of a zip"));
        Small.Run("eval", "--weights", Folder["bad.zip"]).ShouldFail(1, Folder["bad.zip"], "no checkpoint");
    }

    [TestCase("2", "--lr is -1", "train", "--lr", "-1")]
    [TestCase("2", "--epochs", "train", "--epochs", "many")]
    [TestCase("2", "minkunet34", "train", "--model", "resnet")]
    [TestCase("2", "--voxel-size is 0", "train", "--voxel-size", "0")]
    [TestCase("2", "no such folder", "train", "--data", "/nowhere/at/all")]
    [TestCase("2", "--weights", "eval")]
    [TestCase("2", "neither a model directory nor", "eval", "--weights", "/nowhere/model")]
    [TestCase("2", "another ending", "export", "a.dat", "b.json")]
    [TestCase("2", "--nonsense", "train", "--nonsense")]
    public void Misuse_is_told_in_one_line(string code, string words, params string[] args) =>
        Small.Run(args).ShouldFail(int.Parse(code), words);
}
