namespace TorchSharp.SparseConv.Data.Tests;

/// <summary>
/// Pages of a generated street and a made-up training, for the browser's tests and the pictures of the docs.
/// </summary>
internal static class SamplePages
{
    /// <summary>
    /// Truth, and a prediction that is wrong where a network often is: in patches, and for what looks alike.
    /// </summary>
    public static ViewerPage Street(string? colorBy = null)
    {
        var (cloud, prediction) = Scan();
        return new ViewerPage("Generated street")
        {
            Subtitle = $"{cloud.Count:N0} points",
            Classes = SemanticKittiClasses.Palette,
            ColorBy = colorBy,
        }
            .Add("Truth", cloud)
            .Add("Prediction", cloud.WithLabels(prediction));
    }

    /// <summary>A scan beside its voxels at five strides.</summary>
    public static ViewerPage Levels(string? colorBy = null)
    {
        var (cloud, _) = Scan();
        return new ViewerPage("What each level sees") { Classes = SemanticKittiClasses.Palette, ColorBy = colorBy }
            .Add("Points", cloud)
            .AddLevels("Voxels", VoxelLevel.Pyramid(cloud, 0.2, 5));
    }

    /// <summary>A million points on a wavy ground, with a number of their own.</summary>
    public static ViewerPage Million()
    {
        const int Count = 1_000_000;
        var random = new Random(1);
        var positions = new float[3 * Count];
        var distance = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            var (x, y) = (100 * random.NextDouble() - 50, 100 * random.NextDouble() - 50);
            (positions[3 * i], positions[3 * i + 1]) = ((float)x, (float)y);
            positions[3 * i + 2] = (float)(3 * Math.Sin(x / 7) * Math.Cos(y / 9) + 0.1 * random.NextDouble());
            distance[i] = (float)Math.Sqrt(x * x + y * y);
        }
        return new ViewerPage("A million points").Add(
            "Ground",
            new PointCloud(positions, Origin.Zero, new PointAttribute("distance", distance))
        );
    }

    /// <summary>
    /// A training as it goes: loss falling with noise, one cycle of the learning rate, a confusion matrix with a few
    /// usual mistakes.
    /// </summary>
    public static TrainingReportPage Training()
    {
        const int PerEpoch = 24;
        const int Epochs = 8;
        var random = new Random(3);
        var steps = Enumerable
            .Range(0, PerEpoch * Epochs)
            .Select(step =>
            {
                var done = step / (double)(PerEpoch * Epochs);
                var rate =
                    0.01 * (done < 0.3 ? 0.04 + 0.96 * done / 0.3 : (1 + Math.Cos((done - 0.3) / 0.7 * Math.PI)) / 2);
                var loss = 0.35 + 2.1 * Math.Exp(-5 * done) + 0.12 * random.NextDouble();
                return new TrainingStep(loss, rate, 41_000 + 6_000 * random.NextDouble());
            })
            .ToList();
        var (cloud, prediction) = Scan();
        var confusion = new ConfusionMatrix(SemanticKittiClasses.Count, SemanticKittiClasses.Unlabeled);
        confusion.Add(cloud.Labels, prediction);
        // The validation's curves end at what the confusion matrix says, which the page's headline says too.
        var scores = Enumerable
            .Range(1, Epochs)
            .SelectMany(epoch =>
            {
                var learned = (1 - Math.Exp(-0.42 * epoch)) / (1 - Math.Exp(-0.42 * Epochs));
                var (iou, accuracy) = (learned * confusion.MeanIoU, learned * confusion.Accuracy);
                return new[]
                {
                    new TrainingScore("training", epoch * PerEpoch, (0.1 * learned) + iou, (0.04 * learned) + accuracy),
                    new TrainingScore("validation", epoch * PerEpoch, iou, accuracy),
                };
            })
            .ToList();
        return new TrainingReportPage("Training on generated streets")
        {
            Subtitle = "MinkUNet18, voxels of 0.1 m",
            Settings = [new("epochs", "8"), new("scans a step", "2"), new("learning rate", "0.01"), new("seed", "1")],
            Steps = steps,
            StepsPerEpoch = PerEpoch,
            Scores = scores,
            Confusion = confusion,
            Classes = SemanticKittiClasses.Palette,
        };
    }

    private static (PointCloud Cloud, int[] Prediction) Scan()
    {
        var cloud = new GeneratedStreetScenes(4, 1).Load(0);
        var random = new Random(2);
        (int From, int To, double Share)[] mistakes =
        [
            (9, 10, 0.06),
            (11, 17, 0.15),
            (17, 11, 0.12),
            (14, 13, 0.2),
            (16, 18, 0.25),
            (6, 7, 0.3),
            (15, 16, 0.05),
            (1, 5, 0.08),
        ];
        // Patches of two metres are mistaken as a whole.
        var patches = new Dictionary<(int, int, int), double>();
        var prediction = new int[cloud.Count];
        for (var i = 0; i < prediction.Length; i++)
        {
            var label = cloud.Labels![i];
            var patch = ((int)(cloud.Positions[3 * i] / 2), (int)(cloud.Positions[3 * i + 1] / 2), label);
            if (!patches.TryGetValue(patch, out var chance))
            {
                patches.Add(patch, chance = random.NextDouble());
            }
            var mistake = Array.Find(mistakes, entry => entry.From == label);
            prediction[i] = chance < mistake.Share || label == 0 ? Math.Max(1, mistake.To) : label;
        }
        return (cloud, prediction);
    }
}
