using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace PointCloudSegmentation.Tests;

// Data, settings and folders small enough for tests of seconds.
internal static class Small
{
    public static CommandRun Run(params string[] args) => CommandRun.Of(Application.Run, args);

    public static readonly ModelDescription Model = new(MinkUNetKind.MinkUNet14, 0.1, 3, 0.5);

    public static IPointCloudDataset Scenes(int count = 4) => new GeneratedStreetScenes(3, count, azimuthSteps: 40);

    public static TrainingSettings Settings(
        LearningSchedule schedule = LearningSchedule.OneCycle,
        int epochs = 3,
        double width = 0.1
    ) =>
        new()
        {
            Data = new DataSettings { TrainScenes = 4, ValScenes = 1 },
            Model = Model with { Width = width },
            Epochs = epochs,
            BatchSize = 2,
            LearningRate = 0.01,
            Schedule = schedule,
            ClassWeights = ClassWeighting.None,
            Augment = true,
            Seed = 7,
        };

    // Sequences 00 and 08 of two small scans each, in SemanticKITTI's layout.
    public static string Kitti(TempFolder folder)
    {
        var scenes = Scenes();
        for (var index = 0; index < 4; index++)
        {
            var sequence = index < 2 ? "00" : "08";
            var cloud = scenes.Load(index);
            SemanticKitti.WriteScan(folder[$"sequences/{sequence}/velodyne/{index:D6}.bin"], cloud);
            SemanticKitti.WriteLabels(folder[$"sequences/{sequence}/labels/{index:D6}.label"], cloud.Labels);
        }
        return folder.Root;
    }

    // Arguments of a training that takes about a second.
    public static string[] TrainArguments(string data, string output, params string[] more) =>
        [
            "train",
            "--data",
            data,
            "--train-sequences",
            "00",
            "--epochs",
            "2",
            "--width",
            "0.1",
            "--voxel-size",
            "0.5",
            "--output",
            output,
            .. more,
        ];
}
