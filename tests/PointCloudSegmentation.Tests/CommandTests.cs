using System.Text;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

internal sealed class CommandTests
{
    private TempFolder _trained = null!;
    private string _data = null!;
    private CommandRun _training;
    private TempFolder _folder = null!;

    // One training that the tests measure, predict with and export from.
    [OneTimeSetUp]
    public void Train()
    {
        _trained = new TempFolder();
        _data = Small.Kitti(_trained);
        _training = CommandRun.Of(Small.TrainArguments(_data, _trained["out"]));
    }

    [OneTimeTearDown]
    public void DeleteTraining() => _trained.Dispose();

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void No_command_shows_what_there_is()
    {
        var run = CommandRun.Of();
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
        var run = CommandRun.Of(command, "--help");
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
        Assert.That(CommandRun.Of("export", _trained["out/checkpoint.zip"], _folder["w/a.dat"]).ExitCode, Is.Zero);
        Assert.That(CommandRun.Of("export", _trained["out/model"], _folder["w/b.safetensors"]).ExitCode, Is.Zero);
        Assert.That(CommandRun.Of("export", _trained["out/checkpoint.zip"], _folder["w/model"]).ExitCode, Is.Zero);
        string[] files = [_trained["out/checkpoint.zip"], _trained["out/model"], _folder["w/model"]];
        foreach (var file in files)
        {
            var eval = CommandRun.Of("eval", "--weights", file, "--data", _data);
            Assert.That(eval.ExitCode, Is.Zero, eval.Errors);
            Assert.That(eval.Output, Does.Contain("mIoU"));
            Assert.That(_training.Output, Does.Contain(eval.Output), file);
        }
        Assert.That(
            File.ReadAllBytes(_folder["w/b.safetensors"]),
            Is.EqualTo(File.ReadAllBytes(_trained["out/model/model.safetensors"]))
        );
    }

    [Test]
    public void A_scan_is_predicted_point_by_point()
    {
        var weights = _trained["out/model"];
        var bare = _folder["bare.bin"];
        var scan = Path.Combine(_data, "sequences/08/velodyne/000002.bin");
        File.Copy(scan, bare);
        var run = CommandRun.Of("predict", bare, scan, "--weights", weights, "--output", _folder["p"]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var count = SemanticKitti.ReadScan(scan).Count;
        var other = _folder["other/000002.bin"];
        CommandRun.Of("predict", other, scan, "--weights", weights).ShouldFail(2, other, scan, "the same name");
        Assert.Multiple(() =>
        {
            Assert.That(SemanticKitti.ReadLabels(_folder["p/bare.label"], count), Is.All.InRange(1, 19));
            Assert.That(
                File.ReadAllBytes(_folder["p/bare.label"]),
                Is.EqualTo(File.ReadAllBytes(_folder["p/000002.label"]))
            );
            Assert.That(_folder["p/bare.prediction.ply"], Does.Exist);
            Assert.That(_folder["p/bare.truth.ply"], Does.Not.Exist);
            Assert.That(_folder["p/000002.truth.ply"], Does.Exist, "the data set has its labels");
            Assert.That(_folder["p/000002.html"], Does.Exist);
        });
    }

    [Test]
    public void A_truncated_scan_is_named()
    {
        var data = Small.Kitti(_folder);
        var scan = Path.Combine(data, "sequences/00/velodyne/000000.bin");
        File.WriteAllBytes(scan, File.ReadAllBytes(scan)[..^5]);
        CommandRun.Of(Small.TrainArguments(data, _folder["out"])).ShouldFail(1, scan, "points of 16 bytes");
    }

    [Test]
    public void Labels_that_do_not_match_are_named()
    {
        var data = Small.Kitti(_folder);
        var labels = Path.Combine(data, "sequences/00/labels/000001.label");
        File.WriteAllBytes(labels, File.ReadAllBytes(labels)[..^4]);
        CommandRun.Of(Small.TrainArguments(data, _folder["out"])).ShouldFail(1, labels, "one uint32 label for each");
    }

    [Test]
    public void A_model_of_another_architecture_names_the_first_mismatches()
    {
        Assert.That(CommandRun.Of("export", _trained["out/model"], _folder["m"]).ExitCode, Is.Zero);
        var config = _folder["m/config.json"];
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
            CommandRun.Of("eval", "--weights", _folder["m"], "--data", _data).ShouldFail(1, _folder["m"], words);
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
        CommandRun
            .Of(Small.TrainArguments(_data, _folder["none"], "--resume"))
            .ShouldFail(2, "checkpoint.zip", "--resume");
        CommandRun
            .Of(Small.TrainArguments(_data, _trained["out"], "--resume", "--lr", "0.5"))
            .ShouldFail(2, "learningRate is 0.5, was 0.01");
        var finished = CommandRun.Of(Small.TrainArguments(_data, _trained["out"], "--resume"));
        Assert.That(finished.ExitCode, Is.Zero, finished.Errors);
        Assert.That(finished.Output, Does.Contain("is finished"));
    }

    [Test]
    public void A_damaged_checkpoint_is_named()
    {
        File.WriteAllBytes(_folder["bad.zip"], Encoding.ASCII.GetBytes("PK and then nothing of a zip"));
        CommandRun.Of("eval", "--weights", _folder["bad.zip"]).ShouldFail(1, _folder["bad.zip"], "no checkpoint");
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
        CommandRun.Of(args).ShouldFail(int.Parse(code), words);
}
