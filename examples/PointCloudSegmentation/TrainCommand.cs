using System.CommandLine;
using System.Diagnostics;
using Spectre.Console;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation;

/// <summary>train: trains on scans, measures the result, and shows it.</summary>
internal sealed class TrainCommand
{
    private readonly DataOptions _data = new();
    private readonly ModelOptions _model = new();
    private readonly ThreadsOption _threads = new();
    private readonly Option<int> _epochs = Options
        .Value("--epochs", "Times that every scan is learned from", 8)
        .Positive();
    private readonly Option<int> _batchSize = Options.Value("--batch-size", "Scans a step", 2).Positive();
    private readonly Option<double> _rate = Options.Value("--lr", "Highest learning rate", 0.01).Positive();

    private readonly Option<LearningSchedule> _schedule = Options.Value(
        "--schedule",
        "How the learning rate goes",
        LearningSchedule.OneCycle
    );

    private readonly Option<ClassWeighting> _classWeights = Options.Value(
        "--class-weights",
        "How much rare classes count in the loss",
        ClassWeighting.Balanced
    );

    private readonly Option<bool> _augment = Options.Value(
        "--augment",
        "Turn, flip, scale and jitter what is learned from: true or false",
        true
    );

    private readonly Option<int> _seed = Options.Value("--seed", "Decides everything that is random", 1);
    private readonly Option<string> _output = Application.OutputOption("artifacts/segmentation");
    private readonly Option<bool> _resume = Options.Flag(
        "--resume",
        "Continue the run in --output from its checkpoint"
    );

    public static Command Create(Session session)
    {
        var train = new TrainCommand();
        var command = new Command("train", "Trains a network, measures it, and writes pictures of what it sees.");
        train._data.AddForTraining(command);
        train._model.AddTo(command);
        foreach (
            var option in new Option[]
            {
                train._epochs,
                train._batchSize,
                train._rate,
                train._schedule,
                train._classWeights,
                train._augment,
                train._seed,
                train._output,
                train._resume,
            }
        )
        {
            command.Add(option);
        }
        train._threads.AddTo(command);
        command.SetAction(parsed => train.Run(parsed, session));
        return command;
    }

    private int Run(ParseResult parsed, Session session)
    {
        _threads.Apply(parsed);
        var settings = Settings(parsed);
        var output = parsed.GetRequiredValue(_output);
        var (train, validation) = (
            Datasets.Training(settings.Data, settings.Seed),
            Datasets.Validation(settings.Data, settings.Seed)
        );
        using var trainer = new Trainer(settings, train, validation, output);
        if (parsed.GetValue(_resume))
        {
            trainer.Resume();
        }
        Introduce(session, settings, trainer, train, validation);
        var clock = Stopwatch.StartNew();
        try
        {
            TrainingDisplay.Show(session.Console, display => trainer.Run(display, session.Stop));
        }
        catch (OperationCanceledException)
        {
            session.Output.WriteLine(
                $"stopped; continue with the same command and --resume ({Trainer.CheckpointIn(output)})"
            );
            return Shell.Interrupted;
        }
        session.Output.WriteLine($"trained in {StepText.Of(clock.Elapsed)}");
        Finish(session, settings, trainer, validation, output);
        return Shell.Success;
    }

    private static void Introduce(
        Session session,
        TrainingSettings settings,
        Trainer trainer,
        IPointCloudDataset train,
        IPointCloudDataset validation
    )
    {
        var model = settings.Model;
        session.Output.WriteLine(
            $"{model.Network} x {model.Width}, {trainer.Model.Parameters:N0} "
                + $"parameters, voxels of {model.VoxelSize} m; "
                + $"{train.Count} scans to learn from "
                + $"({settings.Data.Folder ?? "generated streets"}), {validation.Count} to measure on"
        );
        if (trainer.Progress.Losses.Count > 0)
        {
            session.Output.WriteLine(
                trainer.IsFinished
                    ? "the run in the checkpoint is finished; measuring it"
                    : $"continuing with epoch {trainer.Progress.Epoch + 1}, step {trainer.Progress.Step + 1}"
            );
        }
    }

    private static void Finish(
        Session session,
        TrainingSettings settings,
        Trainer trainer,
        IPointCloudDataset validation,
        string output
    )
    {
        using var model = ModelFile.Load(trainer.ModelFolder);
        IReadOnlyList<string> pictures = [];
        var matrix = Evaluator.Measure(
            model,
            validation,
            (cloud, prediction) =>
                pictures = Pictures.Write(Path.Combine(output, "pictures"), validation.Name(0), cloud, prediction),
            session.Stop
        );
        Scores.Print(session.Console, matrix, validation.ClassNames);
        var report = Path.Combine(output, "report.html");
        RunReport.Write(report, settings, trainer, matrix);
        session.Results([trainer.ModelFolder, report, .. pictures]);
    }

    private TrainingSettings Settings(ParseResult parsed) =>
        new()
        {
            Data = _data.Training(parsed),
            Model = _model.Description(parsed),
            Epochs = parsed.GetRequiredValue(_epochs),
            BatchSize = parsed.GetRequiredValue(_batchSize),
            LearningRate = parsed.GetRequiredValue(_rate),
            Schedule = parsed.GetRequiredValue(_schedule),
            ClassWeights = parsed.GetRequiredValue(_classWeights),
            Augment = parsed.GetRequiredValue(_augment),
            Seed = parsed.GetRequiredValue(_seed),
        };
}
