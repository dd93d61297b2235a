namespace PointCloudSegmentation.Training;

/// <summary>Shows how a run goes.</summary>
internal interface ITrainingDisplay
{
    /// <summary>Called after every step.</summary>
    void ShowStep(in StepReport report);

    /// <summary>Called after every epoch with the mean loss of its steps.</summary>
    void ShowEpoch(int epoch, int epochs, double meanLoss, TimeSpan elapsed);
}
