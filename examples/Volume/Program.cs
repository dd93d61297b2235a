using Vessels;

return VolumeCommand.Create().Run(args, Console.Out, Console.Error);
