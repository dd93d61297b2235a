using System.Runtime.InteropServices;
using PointCloudSegmentation;

// The first Ctrl-C asks the training to stop after its step and to leave a checkpoint; the second ends the process.
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var output = Consoles.Create(Console.Out, Console.IsOutputRedirected);
var errors = Consoles.Create(Console.Error, Console.IsErrorRedirected);
errors.Profile.Width = Consoles.NoWrapping;
return Application.Run(args, output, errors, stop.Token);
